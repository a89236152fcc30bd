"""What videos say in English and in French, how near two of them mean, names as people type them, prints of clips."""

from models import migration
from tortoise.migrations import operations as ops


class Migration(migration.Migration):
    dependencies = [("models", "0016_admission")]

    initial = False

    operations = [
        # Accents go before a stemmer sees a word, so that "méduses" and "meduses" are one.
        ops.RunSQL(
            """
            CREATE TEXT SEARCH CONFIGURATION yume_en (COPY = pg_catalog.english);
            ALTER TEXT SEARCH CONFIGURATION yume_en
                ALTER MAPPING FOR hword, hword_part, word WITH unaccent, english_stem;
            CREATE TEXT SEARCH CONFIGURATION yume_fr (COPY = pg_catalog.french);
            ALTER TEXT SEARCH CONFIGURATION yume_fr
                ALTER MAPPING FOR hword, hword_part, word WITH unaccent, french_stem;
            CREATE FUNCTION yume_words(said text) RETURNS tsvector LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$
                SELECT to_tsvector('yume_en', said) || to_tsvector('yume_fr', said)
            $$;
            COMMENT ON FUNCTION yume_words IS 'The stems of a text, read as English and as French.';
            """,
            "DROP FUNCTION yume_words; DROP TEXT SEARCH CONFIGURATION yume_fr; DROP TEXT SEARCH CONFIGURATION yume_en",
        ),
        # Qualified, because a restored dump builds the indexes below with an empty search path.
        ops.RunSQL(
            """
            CREATE FUNCTION yume_plain(name text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
                SELECT pg_catalog.lower(public.unaccent('public.unaccent'::pg_catalog.regdictionary, name))
            $$;
            COMMENT ON FUNCTION yume_plain IS 'A name without accents and case.';
            CREATE INDEX account_like ON account
                USING gin (yume_plain(handle) gin_trgm_ops, yume_plain(display_name) gin_trgm_ops)
                WHERE suspended_at IS NULL AND deleted_at IS NULL;
            CREATE INDEX cameo_like ON cameo USING gin (yume_plain(handle) gin_trgm_ops) WHERE state = 'ACTIVE';
            """,
            "DROP INDEX cameo_like; DROP INDEX account_like; DROP FUNCTION yume_plain",
        ),
        # The signs of a vector are compared first, 48 bytes each; the nearest by those are then measured exactly.
        ops.RunSQL(
            """
            ALTER TABLE video_text
                ADD COLUMN topics text[] NOT NULL DEFAULT '{}',
                ADD COLUMN language text,
                ADD COLUMN written_at timestamptz NOT NULL DEFAULT yume_now();
            CREATE INDEX video_text_meaning ON video_text
                USING hnsw ((binary_quantize(meaning)::bit(384)) bit_hamming_ops);
            CREATE FUNCTION meaning_near(asked halfvec, most integer) RETURNS TABLE (id uuid, near double precision)
            LANGUAGE sql STABLE PARALLEL SAFE SET hnsw.ef_search = 400 AS $$
                SELECT n.id, 1 - (n.meaning <=> asked) FROM (
                    SELECT t.id, t.meaning FROM video_text t WHERE t.meaning IS NOT NULL
                    ORDER BY binary_quantize(t.meaning)::bit(384) <~> binary_quantize(asked)::bit(384) LIMIT 400
                ) AS n
                ORDER BY n.meaning <=> asked LIMIT least(most, 400)
            $$;
            COMMENT ON FUNCTION meaning_near IS
                'Published videos whose meaning is nearest to a unit vector, at most 400, the nearest first: id, cosine.';
            """,
            """
            DROP FUNCTION meaning_near; DROP INDEX video_text_meaning;
            ALTER TABLE video_text DROP COLUMN written_at, DROP COLUMN language, DROP COLUMN topics
            """,
        ),
        ops.RunSQL(
            """
            CREATE TABLE video_print (
                id uuid PRIMARY KEY REFERENCES video ON DELETE CASCADE,
                pictures bytea NOT NULL,
                sound bytea NOT NULL,
                picture_keys integer[] NOT NULL,
                sound_keys integer[] NOT NULL
            );
            COMMENT ON TABLE video_print IS
                'By what the pictures and the sound of a clip are known again in another encoding.';
            CREATE INDEX video_print_pictures ON video_print USING gin (picture_keys);
            CREATE INDEX video_print_sound ON video_print USING gin (sound_keys);
            """,
            "DROP TABLE video_print",
        ),
        # Whatever destroys a clip's file destroys what was measured on it.
        ops.RunSQL(
            """
            CREATE FUNCTION yume_forget_print() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                DELETE FROM video_print p USING gone r WHERE p.id = r.video_id AND r.kind = 'MP4';
                RETURN NULL;
            END $$;
            CREATE TRIGGER rendition_takes_its_print AFTER DELETE ON rendition
            REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION yume_forget_print();
            """,
            "DROP TRIGGER rendition_takes_its_print ON rendition; DROP FUNCTION yume_forget_print",
        ),
        # What was published before this version becomes findable as workers get to it.
        ops.RunSQL(
            """
            INSERT INTO outbox (id, created_at, topic, payload)
            SELECT gen_random_uuid(), yume_now(), 'meaning', jsonb_build_object('video_id', id)
            FROM video_visibility WHERE author_state = 'PUBLISHED' AND consent = 'LIVE'
            """,
            "DELETE FROM outbox WHERE topic = 'meaning'",
        ),
    ]
