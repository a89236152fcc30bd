"""The audit log: entries that nobody changes, chain heads that never fall back, a signed head a day."""

from models import migration
from tortoise.migrations import operations as ops
from models.base import new_id
from orjson import loads
from tortoise.fields.data import JSON_DUMPS
from uuid import uuid4
from tortoise import fields
from tortoise.indexes import Index

class Migration(migration.Migration):
    dependencies = [('models', '0004_consent')]

    initial = False

    operations = [
        ops.CreateModel(
            name='AuditDailyHead',
            fields=[
                ('day', fields.DateField(primary_key=True, unique=True, db_index=True)),
                ('cut', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('root', fields.BinaryField()),
                ('chains', fields.IntField()),
                ('kid', fields.CharField(max_length=16)),
                ('signature', fields.BinaryField()),
            ],
            options={'table': 'audit_daily_head', 'app': 'models', 'pk_attr': 'day', 'table_description': 'A Merkle root over the last entry before ``cut`` of each of ``chains`` chains, signed by the key ``kid``.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('chain', fields.CharField(max_length=60)),
                ('seq', fields.BigIntField()),
                ('kind', fields.CharField(max_length=40)),
                ('facts', fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ('personal_hash', fields.BinaryField(null=True)),
                ('prev_hash', fields.BinaryField()),
                ('hash', fields.BinaryField()),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'audit_entry', 'app': 'models', 'unique_together': [('chain', 'seq')], 'pk_attr': 'id', 'table_description': 'One transition. ``hash`` covers every other column; ``facts`` are ids, enums, numbers and times, never text.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='AuditHead',
            fields=[
                ('chain', fields.CharField(primary_key=True, unique=True, db_index=True, max_length=60)),
                ('seq', fields.BigIntField()),
                ('hash', fields.BinaryField()),
            ],
            options={'table': 'audit_head', 'app': 'models', 'pk_attr': 'chain', 'table_description': 'The last entry of a chain. Its row is what appenders lock, last of all.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='AuditPersonal',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('subject', fields.CharField(max_length=120)),
                ('sealed', fields.BinaryField()),
            ],
            options={'table': 'audit_personal', 'app': 'models', 'indexes': [Index(fields=['subject'])], 'pk_attr': 'id', 'table_description': "Personal data of the entry with the same id, sealed under ``subject``'s key in the vault."},
            bases=['Model'],
        ),
        # Chains sort by their bytes, whatever the database's language: the daily root depends on their order.
        ops.RunSQL(
            """
            ALTER TABLE audit_entry ALTER COLUMN chain TYPE varchar(60) COLLATE "C"
            """,
            "ALTER TABLE audit_entry ALTER COLUMN chain TYPE varchar(60)",
        ),
        ops.RunSQL(
            """
            ALTER TABLE audit_head ALTER COLUMN chain TYPE varchar(60) COLLATE "C"
            """,
            "ALTER TABLE audit_head ALTER COLUMN chain TYPE varchar(60)",
        ),
        ops.RunSQL(
            """
            CREATE FUNCTION yume_audit_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'the audit log is only ever added to' USING ERRCODE = 'integrity_constraint_violation';
            END $$
            """,
            "DROP FUNCTION yume_audit_is_kept()",
        ),
        ops.RunSQL(
            """
            CREATE TRIGGER audit_entry_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
            FOR EACH STATEMENT EXECUTE FUNCTION yume_audit_is_kept()
            """,
            "DROP TRIGGER audit_entry_is_kept ON audit_entry",
        ),
        ops.RunSQL(
            """
            CREATE TRIGGER audit_daily_head_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_daily_head
            FOR EACH STATEMENT EXECUTE FUNCTION yume_audit_is_kept()
            """,
            "DROP TRIGGER audit_daily_head_is_kept ON audit_daily_head",
        ),
        ops.RunSQL(
            """
            CREATE TRIGGER audit_head_is_kept BEFORE DELETE OR TRUNCATE ON audit_head
            FOR EACH STATEMENT EXECUTE FUNCTION yume_audit_is_kept()
            """,
            "DROP TRIGGER audit_head_is_kept ON audit_head",
        ),
        ops.RunSQL(
            """
            CREATE TRIGGER audit_head_only_rises BEFORE UPDATE ON audit_head
            FOR EACH ROW WHEN (NEW.seq < OLD.seq OR NEW.seq > OLD.seq + 1 OR NEW.chain <> OLD.chain)
            EXECUTE FUNCTION yume_audit_is_kept()
            """,
            "DROP TRIGGER audit_head_only_rises ON audit_head",
        ),
    ]
