"""Exports, and what must stay true of each clip in one."""

from models import migration
from tortoise.migrations import operations as ops
from models.base import new_id
from models.export import ExportState
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index

class Migration(migration.Migration):
    dependencies = [('models', '0013_report')]

    initial = False

    operations = [
        ops.CreateModel(
            name='Export',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('account', fields.ForeignKeyField('models.Account', source_field='account_id', db_constraint=True, to_field='id', related_name='exports', on_delete=OnDelete.CASCADE)),
                ('idempotency_key', fields.CharField(max_length=200)),
                ('state', fields.CharEnumField(default=ExportState.QUEUED, description='QUEUED: QUEUED\nBUILDING: BUILDING\nREADY: READY\nVOID: VOID\nEXPIRED: EXPIRED\nFAILED: FAILED', enum_type=ExportState, max_length=8)),
                ('fence', fields.IntField(default=0, db_default=0)),
                ('claimed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('progress', fields.FloatField(default=0.0, db_default=0.0)),
                ('bytes', fields.BigIntField(null=True)),
                ('expires_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'export', 'app': 'models', 'unique_together': [('account_id', 'idempotency_key')], 'indexes': [Index(fields=['state'])], 'pk_attr': 'id', 'table_description': 'One wish for a bundle. ``fence`` counts the tries, and every write of a builder names it.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='ExportPart',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('export', fields.ForeignKeyField('models.Export', source_field='export_id', db_constraint=True, to_field='id', related_name='parts', on_delete=OnDelete.CASCADE)),
                ('video_id', fields.UUIDField()),
                ('cameo_id', fields.UUIDField(null=True)),
                ('cameo_epoch', fields.BigIntField(default=0, db_default=0)),
                ('account_epoch', fields.BigIntField(default=0, db_default=0)),
            ],
            options={'table': 'export_part', 'app': 'models', 'indexes': [Index(fields=['export_id', 'video_id'])], 'pk_attr': 'id', 'table_description': 'What must stay true of one clip in a bundle: one row for the clip, one more for each likeness of somebody else.'},
            bases=['Row'],
        ),
    ]
