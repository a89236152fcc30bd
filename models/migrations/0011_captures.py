"""What the sweep of captures walks: retired versions that are not destroyed yet, challenges that may be over."""

from models import migration
from tortoise.migrations import operations as ops


class Migration(migration.Migration):
    dependencies = [('models', '0010_cameo_lists')]

    initial = False

    operations = [
        ops.RunSQL(
            "CREATE INDEX cameo_version_retired ON cameo_version (id)"
            " WHERE retired_at IS NOT NULL AND destroyed_at IS NULL",
            "DROP INDEX cameo_version_retired",
        ),
        ops.RunSQL(
            "CREATE INDEX capture_awaited ON capture (expires_at) WHERE state = 'CHALLENGED'",
            "DROP INDEX capture_awaited",
        ),
    ]
