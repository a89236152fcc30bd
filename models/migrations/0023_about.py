"""The nearest meanings by fewer looks than a search takes: feeds want some that are near, not the nearest of all."""

from models import migration
from tortoise.migrations import operations as ops


class Migration(migration.Migration):
    dependencies = [("models", "0022_answers")]

    initial = False

    operations = [
        ops.RunSQL(
            """
            CREATE FUNCTION meaning_about(asked halfvec, most integer)
            RETURNS TABLE (id uuid, near double precision)
            LANGUAGE sql STABLE PARALLEL SAFE ROWS 150 SET hnsw.ef_search = 150 AS $$
                SELECT n.id, 1 - (n.meaning <=> asked) FROM (
                    SELECT t.id, t.meaning FROM video_text t WHERE t.meaning IS NOT NULL
                    ORDER BY binary_quantize(t.meaning)::bit(384) <~> binary_quantize(asked)::bit(384) LIMIT 150
                ) AS n
                ORDER BY n.meaning <=> asked LIMIT least(most, 150)
            $$;
            COMMENT ON FUNCTION meaning_about IS
                'Published videos whose meaning is near a unit vector, at most 150, the nearest first: id, cosine.';
            """,
            "DROP FUNCTION meaning_about",
        ),
    ]
