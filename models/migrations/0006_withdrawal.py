"""Withdrawals, so that what was taken out can be purged and accounted for."""

from models import migration
from tortoise.migrations import operations as ops
from models.base import new_id
from models.likeness import WithdrawalReason
from orjson import loads
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise import fields
from tortoise.indexes import Index

class Migration(migration.Migration):
    dependencies = [('models', '0005_audit')]

    initial = False

    operations = [
        ops.CreateModel(
            name='Withdrawal',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('cameo', fields.ForeignKeyField('models.Cameo', source_field='cameo_id', db_constraint=True, to_field='id', related_name='withdrawals', on_delete=OnDelete.RESTRICT)),
                ('reason', fields.CharEnumField(description='REVOKED: REVOKED\nREMOVED: REMOVED\nBLOCKED: BLOCKED\nEXPIRED: EXPIRED\nDECLINED: DECLINED\nERASED: ERASED', enum_type=WithdrawalReason, max_length=8)),
                ('reach', fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                ('marked_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('videos', fields.IntField(default=0, db_default=0)),
                ('purged', fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                ('purged_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('receipt', fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
            ],
            options={'table': 'withdrawal', 'app': 'models', 'indexes': [Index(fields=['cameo_id', 'id'])], 'pk_attr': 'id', 'table_description': 'One act. ``reach`` is `models.consent.withdraw.Reach`; ``marked_at``: its likenesses say so too.'},
            bases=['Row'],
        ),
        ops.AddField(
            model_name='VideoLikeness',
            name='withdrawal_id',
            field=fields.UUIDField(null=True),
        ),
        ops.AddField(
            model_name='Generation',
            name='parent_id',
            field=fields.UUIDField(null=True),
        ),
        ops.RunSQL(
            "CREATE INDEX video_likeness_withdrawal ON video_likeness (withdrawal_id) WHERE withdrawal_id IS NOT NULL",
            "DROP INDEX video_likeness_withdrawal",
        ),
        ops.RunSQL(
            "CREATE INDEX withdrawal_unpurged ON withdrawal (id) WHERE purged_at IS NULL",
            "DROP INDEX withdrawal_unpurged",
        ),
    ]
