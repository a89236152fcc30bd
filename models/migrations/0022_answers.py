"""Keys that make commenting safe to repeat, what a notification says of a comment, comments in order, leaderboards."""

from models import migration
from tortoise.migrations import operations as ops
from models.base import new_id
from models.leader import LeaderKind, LeaderPeriod
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index

class Migration(migration.Migration):
    dependencies = [('models', '0021_names')]

    initial = False

    operations = [
        ops.AddField(
            model_name='Comment',
            name='idempotency_key',
            field=fields.CharField(null=True, max_length=200),
        ),
        ops.AddField(
            model_name='Comment',
            name='request_hash',
            field=fields.CharField(null=True, max_length=64),
        ),
        ops.AddField(
            model_name='Notification',
            name='comment_id',
            field=fields.UUIDField(null=True),
        ),
        ops.CreateModel(
            name='Leader',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('kind', fields.CharEnumField(description='MOST_REMIXED: MOST_REMIXED\nMOST_LIKED: MOST_LIKED', enum_type=LeaderKind, max_length=14)),
                ('period', fields.CharEnumField(description='WEEK: WEEK\nMONTH: MONTH\nALL: ALL', enum_type=LeaderPeriod, max_length=5)),
                ('account', fields.ForeignKeyField('models.Account', source_field='account_id', db_constraint=True, to_field='id', related_name='led', on_delete=OnDelete.CASCADE)),
                ('score', fields.IntField()),
                ('refreshed_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'leader', 'app': 'models', 'unique_together': [('kind', 'period', 'account_id')], 'indexes': [Index(fields=['account_id'])], 'pk_attr': 'id', 'table_description': "One member's score on one board. Whether they are shown is decided at each read (`models.rules.leader`)."},
            bases=['Row'],
        ),
        ops.RunSQL(
            """
            CREATE UNIQUE INDEX comment_once ON comment (author_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
            CREATE INDEX comment_by_video ON comment (video_id, id);
            """,
            "DROP INDEX comment_by_video; DROP INDEX comment_once",
        ),
    ]
