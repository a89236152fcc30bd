"""What is nearest to a member's taste, kept beside it: walking the index of meanings is no part of a feed page."""

from models import migration
from tortoise.migrations import operations as ops


class Migration(migration.Migration):
    dependencies = [("models", "0024_prints_at_once")]

    initial = False

    operations = [
        ops.RunSQL(
            """
            ALTER TABLE account_taste ADD COLUMN near uuid[] NOT NULL DEFAULT '{}';
            COMMENT ON COLUMN account_taste.near IS 'Published videos nearest to it when it was worked out, best first.';
            UPDATE account_taste SET due = true WHERE liking IS NOT NULL;
            """,
            "ALTER TABLE account_taste DROP COLUMN near",
        ),
    ]
