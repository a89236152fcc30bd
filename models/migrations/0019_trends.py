"""What each lately published video has in common with others, when chores ran last, and the trends that are on."""

from models import migration
from tortoise.migrations import operations as ops


class Migration(migration.Migration):
    dependencies = [("models", "0018_ranking")]

    initial = False

    operations = [
        # One narrow row a video, read whole for every run: only what was published lately has one.
        ops.RunSQL(
            """
            CREATE TABLE trend_sign (
                id uuid PRIMARY KEY REFERENCES video ON DELETE CASCADE,
                account_id uuid NOT NULL,
                branch_id uuid NOT NULL,
                published_at timestamptz NOT NULL,
                signs text[] NOT NULL
            );
            COMMENT ON TABLE trend_sign IS
                'By what a public video may belong to a trend: its tree of remixes, phrases open to all, its sound.';
            CREATE INDEX trend_sign_recent ON trend_sign (published_at);
            """,
            "DROP TABLE trend_sign",
        ),
        ops.RunSQL(
            """
            CREATE TABLE chore_run (name varchar(40) PRIMARY KEY, ran_at timestamptz NOT NULL);
            COMMENT ON TABLE chore_run IS 'When a scheduled chore was last begun, by whichever worker.';
            """,
            "DROP TABLE chore_run",
        ),
        ops.RunSQL(
            "CREATE INDEX trend_on ON trend (score DESC, id DESC) WHERE ended_at IS NULL",
            "DROP INDEX trend_on",
        ),
    ]
