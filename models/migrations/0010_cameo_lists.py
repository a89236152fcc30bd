"""Indexes for lists that are read newest first: cameos to cast, followers, uses and decisions of one cameo."""

from models import migration
from tortoise.migrations import operations as ops


class Migration(migration.Migration):
    dependencies = [('models', '0009_consent_sweep')]

    initial = False

    operations = [
        ops.RunSQL(
            "CREATE INDEX cameo_newest ON cameo (created_at DESC, id DESC) WHERE state = 'ACTIVE'",
            "DROP INDEX cameo_newest",
        ),
        ops.RunSQL(
            "CREATE INDEX follow_of_followee ON follow (followee_id, created_at DESC, id DESC)",
            "DROP INDEX follow_of_followee",
        ),
        ops.RunSQL(
            "CREATE INDEX follow_of_follower ON follow (follower_id, created_at DESC, id DESC)",
            "DROP INDEX follow_of_follower",
        ),
        ops.RunSQL(
            "CREATE INDEX video_likeness_newest ON video_likeness (cameo_id, created_at DESC, id DESC)",
            "DROP INDEX video_likeness_newest",
        ),
        ops.RunSQL(
            "CREATE INDEX decision_newest ON decision (cameo_id, created_at DESC, id DESC)",
            "DROP INDEX decision_newest",
        ),
    ]
