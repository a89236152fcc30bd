"""Indexes for what time ends by itself: permissions that take their videos along, recordings of children."""

from models import migration
from tortoise.migrations import operations as ops


class Migration(migration.Migration):
    dependencies = [('models', '0008_emptied_grants')]

    initial = False

    operations = [
        ops.RunSQL(
            "CREATE INDEX grant_takes_along ON cameo_grant (expires_at) WHERE on_expiry = 'WITHDRAW'",
            "DROP INDEX grant_takes_along",
        ),
        ops.RunSQL(
            "CREATE INDEX cameo_of_minor ON cameo (id) WHERE captured_minor",
            "DROP INDEX cameo_of_minor",
        ),
    ]
