"""What members met is forgotten in time: its oldest are found without reading them all."""

from models import migration
from tortoise.migrations import operations as ops


class Migration(migration.Migration):
    dependencies = [("models", "0025_near")]

    initial = False

    operations = [
        ops.RunSQL(
            "CREATE INDEX impression_seen ON impression USING brin (seen_at) WITH (autosummarize = on)",
            "DROP INDEX impression_seen",
        ),
    ]
