"""The purge of a large withdrawal goes through its videos in order, a batch at a time."""

from models import migration
from tortoise.migrations import operations as ops


class Migration(migration.Migration):
    dependencies = [("models", "0011_captures")]

    initial = False

    operations = [
        ops.RunSQL(
            "DROP INDEX video_likeness_withdrawal",
            "CREATE INDEX video_likeness_withdrawal ON video_likeness (withdrawal_id) WHERE withdrawal_id IS NOT NULL",
        ),
        ops.RunSQL(
            """
            CREATE INDEX video_likeness_withdrawal ON video_likeness (withdrawal_id, video_id)
            WHERE withdrawal_id IS NOT NULL
            """,
            "DROP INDEX video_likeness_withdrawal",
        ),
    ]
