"""The database's clock, shiftable in tests, and the partial indexes that hot statements walk."""

from models import migration
from tortoise.migrations import operations as ops


class Migration(migration.Migration):
    dependencies = [("models", "0001_initial")]

    operations = [
        ops.RunSQL(
            """
            CREATE FUNCTION yume_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
                SELECT clock_timestamp() + coalesce(nullif(current_setting('yume.clock_shift', true), ''), '0')::interval
            $$
            """,
            "DROP FUNCTION yume_now()",
        ),
        ops.RunSQL(
            "CREATE INDEX generation_queue ON generation (priority DESC, id) WHERE state = 'QUEUED'",
            "DROP INDEX generation_queue",
        ),
        ops.RunSQL(
            "CREATE INDEX generation_leases ON generation (heartbeat_at) WHERE state IN ('RUNNING', 'CHECKING')",
            "DROP INDEX generation_leases",
        ),
        ops.RunSQL(
            """
            CREATE INDEX video_latest ON video_visibility (published_at DESC, id DESC)
            WHERE author_state = 'PUBLISHED' AND audience = 'PUBLIC' AND consent = 'LIVE' AND moderation = 'CLEAR'
            """,
            "DROP INDEX video_latest",
        ),
        ops.RunSQL(
            "CREATE INDEX video_by_author ON video_visibility (author_id, id DESC)",
            "DROP INDEX video_by_author",
        ),
        ops.RunSQL("CREATE INDEX outbox_oldest ON outbox (topic, id)", "DROP INDEX outbox_oldest"),
    ]
