"""What the ranker needs kept: finished views, what was counted since it was last worked out, whose taste changed."""

from models import migration
from tortoise.migrations import operations as ops
from tortoise import fields


class Migration(migration.Migration):
    dependencies = [("models", "0017_search")]

    initial = False

    operations = [
        ops.AddField(
            model_name="VideoCounts",
            name="finish_count",
            field=fields.BigIntField(default=0, db_default=0),
        ),
        # `refreshed_at` NULL: counted since. New rows are due at once.
        ops.RunSQL(
            "CREATE INDEX video_counts_due ON video_counts (id) WHERE refreshed_at IS NULL",
            "DROP INDEX video_counts_due",
        ),
        ops.RunSQL(
            """
            ALTER TABLE account_taste ADD COLUMN due boolean NOT NULL DEFAULT false;
            CREATE INDEX account_taste_due ON account_taste (refreshed_at) WHERE due;
            """,
            "ALTER TABLE account_taste DROP COLUMN due",
        ),
    ]
