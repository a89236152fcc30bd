"""Grants may be emptied of words once their cameo is erased; nothing else of them ever changes."""

from models import migration
from tortoise.migrations import operations as ops

RULE = """
    CREATE OR REPLACE FUNCTION yume_grant_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        words text[] := '{{state,ended_at,note}}';
    BEGIN
        IF TG_OP = 'DELETE' THEN
            RAISE EXCEPTION 'a grant is never deleted' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        {blanking}
        IF (to_jsonb(NEW) - words) <> (to_jsonb(OLD) - words)
            OR (OLD.state IN ('REVOKED', 'SUPERSEDED') AND NEW.state <> OLD.state)
            OR (OLD.state = 'ACTIVE' AND NEW.state = 'PENDING')
        THEN
            RAISE EXCEPTION 'a grant is never edited' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END $$
"""
BLANKING = """
        IF NEW.state IN ('REVOKED', 'SUPERSEDED') AND NEW.preferences = '' AND NEW.restrictions = '{}'::jsonb
            AND NEW.idempotency_key IS NULL AND NEW.request_hash IS NULL
            AND EXISTS (SELECT 1 FROM cameo c WHERE c.id = OLD.cameo_id AND c.state IN ('ERASING', 'ERASED'))
        THEN
            words := words || '{preferences,restrictions,idempotency_key,request_hash}'::text[];
        END IF;
"""


class Migration(migration.Migration):
    dependencies = [("models", "0007_notification")]

    initial = False

    operations = [
        ops.RunSQL(RULE.format(blanking=BLANKING), RULE.format(blanking="")),
    ]
