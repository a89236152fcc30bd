"""Members and cameos by what somebody types of their names."""

from tortoise import migrations
from tortoise.migrations import operations as ops

# Names that start so are walked in order; those that are only alike are few, or the first thousand that are met. A
# handle of five letters with two of them swapped shares a fifth of its trigrams.
_FUNCTION = """
    CREATE FUNCTION {name}(asked text, most integer) RETURNS TABLE (id uuid, likeness double precision)
    LANGUAGE sql STABLE PARALLEL SAFE SET pg_trgm.similarity_threshold = 0.2 AS $$
        SELECT n.id, {likeness}
            + CASE WHEN yume_plain(n.handle) = yume_plain(asked) THEN 2
                WHEN starts_with(yume_plain(n.handle), yume_plain(asked)) THEN 1 ELSE 0 END
        FROM (
            {ways}
        ) AS n
        ORDER BY 2 DESC, n.id LIMIT most
    $$;
"""
_STARTING = """(
    SELECT t.id, {columns} FROM {table} t
    WHERE {there} AND yume_plain(t.{column}) ~>=~ yume_plain(asked)
        AND yume_plain(t.{column}) ~<~ (yume_plain(asked) || chr(1114111))
    ORDER BY yume_plain(t.{column}) USING ~<~ LIMIT most
)"""
_ALIKE = """(
    SELECT t.id, {columns} FROM {table} t WHERE {there} AND length(asked) > 2 AND ({alike}) LIMIT 1000
)"""
_MEMBER = {"table": "account", "there": "t.suspended_at IS NULL AND t.deleted_at IS NULL",
           "columns": "t.handle, t.display_name"}  # fmt: skip
_CAMEO = {"table": "cameo", "there": "t.state = 'ACTIVE'", "columns": "t.handle"}


class Migration(migrations.Migration):
    dependencies = [("models", "0020_shown_appearance")]

    initial = False

    operations = [
        ops.RunSQL(
            """
            CREATE INDEX account_handle_start ON account (yume_plain(handle) text_pattern_ops)
            WHERE suspended_at IS NULL AND deleted_at IS NULL;
            CREATE INDEX account_name_start ON account (yume_plain(display_name) text_pattern_ops)
            WHERE suspended_at IS NULL AND deleted_at IS NULL;
            CREATE INDEX cameo_handle_start ON cameo (yume_plain(handle) text_pattern_ops) WHERE state = 'ACTIVE';
            """,
            "DROP INDEX cameo_handle_start; DROP INDEX account_name_start; DROP INDEX account_handle_start",
        ),
        ops.RunSQL(
            _FUNCTION.format(
                name="accounts_called",
                likeness="""greatest(
                    similarity(yume_plain(n.handle), yume_plain(asked)),
                    word_similarity(yume_plain(asked), yume_plain(n.display_name))
                )""",
                ways=" UNION ".join((
                    _STARTING.format(**_MEMBER, column="handle"),
                    _STARTING.format(**_MEMBER, column="display_name"),
                    _ALIKE.format(
                        **_MEMBER,
                        alike="yume_plain(t.handle) % yume_plain(asked) "
                        "OR yume_plain(t.display_name) %> yume_plain(asked)",
                    ),
                )),
            ),
            "DROP FUNCTION accounts_called",
        ),
        ops.RunSQL(
            _FUNCTION.format(
                name="cameos_called",
                likeness="similarity(yume_plain(n.handle), yume_plain(asked))",
                ways=" UNION ".join((
                    _STARTING.format(**_CAMEO, column="handle"),
                    _ALIKE.format(**_CAMEO, alike="yume_plain(t.handle) % yume_plain(asked)"),
                )),
            ),
            "DROP FUNCTION cameos_called",
        ),
    ]
