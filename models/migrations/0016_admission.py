"""The waiting list, closed invites, rules announced before they hold, pools of engines, and the tree of invitees."""

from models import migration
from tortoise.migrations import operations as ops
from models.base import new_id
from tortoise import fields
from tortoise.indexes import Index

class Migration(migration.Migration):
    dependencies = [('models', '0015_social')]

    initial = False

    operations = [
        ops.CreateModel(
            name='WaitingEntry',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('sealed', fields.BinaryField()),
                ('contact_hmac', fields.CharField(max_length=64)),
                ('region', fields.CharField(max_length=2)),
                ('token_hash', fields.CharField(unique=True, max_length=64)),
                ('admitted_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('invite_id', fields.UUIDField(null=True)),
            ],
            options={'table': 'waiting', 'app': 'models', 'indexes': [Index(fields=['contact_hmac', 'id']), Index(fields=['created_at', 'id']), Index(fields=['invite_id'])], 'pk_attr': 'id', 'table_description': 'One wish to be admitted. ``sealed`` holds contact and note as JSON, under the vault subject ``waiting/<id>``.'},
            bases=['Row'],
        ),
        ops.AddField(
            model_name='Account',
            name='invites_closed_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='PolicyRow',
            name='effective_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='QuotaCharge',
            name='pool',
            field=fields.CharField(default='default', db_default='default', max_length=40),
        ),
        ops.RunSQL(
            "CREATE INDEX account_invited_by ON account (invited_by_id, created_at, id) WHERE invited_by_id IS NOT NULL",
            "DROP INDEX account_invited_by",
        ),
        ops.RunSQL(
            """
            CREATE FUNCTION yume_rule(wanted text) RETURNS jsonb LANGUAGE sql STABLE AS $$
                SELECT value FROM policy
                WHERE key = wanted AND (effective_at IS NULL OR effective_at <= yume_now())
                ORDER BY coalesce(effective_at, created_at) DESC, id DESC LIMIT 1
            $$
            """,
            "DROP FUNCTION yume_rule(text)",
        ),
    ]
