"""Reports, appeals, and the sealed copies of withdrawn videos that open reports need."""

from models import migration
from tortoise.migrations import operations as ops
from models.base import new_id
from models.report import ReportKind, ReportReason, Verdict
from tortoise.fields.base import OnDelete
from tortoise import fields

class Migration(migration.Migration):
    dependencies = [('models', '0012_purge_order')]

    initial = False

    operations = [
        ops.CreateModel(
            name='Evidence',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('video', fields.ForeignKeyField('models.Video', source_field='video_id', db_constraint=True, to_field='id', related_name='evidence', on_delete=OnDelete.RESTRICT)),
                ('bytes', fields.BigIntField(default=0, db_default=0)),
                ('expires_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('kept_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('destroyed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'evidence', 'app': 'models', 'unique_together': [('video_id',)], 'pk_attr': 'id', 'table_description': "The copy of a withdrawn video that an open report needs; ``id`` is that report's. See `jobs/consent/evidence.py`."},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='Report',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('kind', fields.CharEnumField(default=ReportKind.REPORT, description='REPORT: REPORT\nAPPEAL: APPEAL', enum_type=ReportKind, max_length=6)),
                ('video', fields.ForeignKeyField('models.Video', source_field='video_id', db_constraint=True, to_field='id', related_name='reports', on_delete=OnDelete.RESTRICT)),
                ('reporter', fields.ForeignKeyField('models.Account', source_field='reporter_id', null=True, db_constraint=True, to_field='id', related_name='reports', on_delete=OnDelete.SET_NULL)),
                ('reason', fields.CharEnumField(description='LIKENESS: LIKENESS\nMINOR: MINOR\nSEXUAL: SEXUAL\nVIOLENCE: VIOLENCE\nHATE: HATE\nDECEPTION: DECEPTION\nOTHER: OTHER\nAPPEAL: APPEAL', enum_type=ReportReason, max_length=10)),
                ('text', fields.CharField(default='', db_default='', max_length=1000)),
                ('idempotency_key', fields.CharField(max_length=200)),
                ('request_hash', fields.CharField(max_length=64)),
                ('verdict', fields.CharEnumField(null=True, description='CLEAR: CLEAR\nHIDE: HIDE\nREMOVE: REMOVE', enum_type=Verdict, max_length=6)),
                ('note', fields.CharField(default='', db_default='', max_length=1000)),
                ('resolved_by_id', fields.UUIDField(null=True)),
                ('resolved_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'report', 'app': 'models', 'unique_together': [('reporter_id', 'idempotency_key')], 'pk_attr': 'id', 'table_description': 'Open while ``verdict`` is None. A verdict settles every open report and appeal about the video.'},
            bases=['Row'],
        ),
        ops.RunSQL(
            "CREATE UNIQUE INDEX report_open_report ON report (video_id, reporter_id)"
            " WHERE kind = 'REPORT' AND verdict IS NULL",
            "DROP INDEX report_open_report",
        ),
        ops.RunSQL(
            "CREATE UNIQUE INDEX report_open_appeal ON report (video_id) WHERE kind = 'APPEAL' AND verdict IS NULL",
            "DROP INDEX report_open_appeal",
        ),
        ops.RunSQL("CREATE INDEX report_video ON report (video_id)", "DROP INDEX report_video"),
        ops.RunSQL("CREATE INDEX report_newest ON report (created_at, id)", "DROP INDEX report_newest"),
        ops.RunSQL(
            "CREATE INDEX evidence_kept ON evidence (expires_at) WHERE destroyed_at IS NULL",
            "DROP INDEX evidence_kept",
        ),
    ]
