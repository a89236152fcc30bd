"""Notifications, erasures, kept hashes, and the protection of people without an account."""

from models import migration
from tortoise.migrations import operations as ops
from models.base import new_id
from models.erasure import ErasureKind
from models.notification import NotificationKind
from models.protect import NoticeState
from orjson import loads
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from uuid import uuid4
from tortoise import fields
from tortoise.indexes import Index

class Migration(migration.Migration):
    dependencies = [('models', '0006_withdrawal')]

    initial = False

    operations = [
        ops.CreateModel(
            name='BlockEntry',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('name', fields.BinaryField(null=True)),
                ('face', fields.BinaryField(null=True)),
                ('filed_by', fields.ForeignKeyField('models.Account', source_field='filed_by_id', null=True, db_constraint=True, to_field='id', related_name='block_entries', on_delete=OnDelete.SET_NULL)),
                ('notice_id', fields.UUIDField(null=True)),
                ('lifted_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'block_entry', 'app': 'models', 'pk_attr': 'id', 'table_description': 'A name, and perhaps a face, that nobody may make clips of. Sealed under the vault subject ``block/<id>``.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='Erasure',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('kind', fields.CharEnumField(description='CAMEO: CAMEO\nACCOUNT: ACCOUNT', enum_type=ErasureKind, max_length=8)),
                ('subject_id', fields.UUIDField()),
                ('account_id', fields.UUIDField()),
                ('erased', fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                ('done_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('receipt', fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
            ],
            options={'table': 'erasure', 'app': 'models', 'unique_together': [('kind', 'subject_id')], 'indexes': [Index(fields=['account_id'])], 'pk_attr': 'id', 'table_description': 'One wish; it outlives what it erased. ``account_id`` asked for it; ``subject_id`` is the cameo or the account.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='FileHash',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('sha256', fields.CharField(max_length=64)),
            ],
            options={'table': 'file_hash', 'app': 'models', 'indexes': [Index(fields=['sha256'])], 'pk_attr': 'id', 'table_description': 'SHA-256 (hex) of the MP4 of a video whose rendition is gone. A trigger writes it when that row is deleted.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Notice',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('sealed', fields.BinaryField(null=True)),
                ('face', fields.BinaryField(null=True)),
                ('photo', fields.CharField(null=True, max_length=40)),
                ('upload_id', fields.UUIDField(null=True)),
                ('state', fields.CharEnumField(default=NoticeState.OPEN, description='EXAMINING: EXAMINING\nOPEN: OPEN\nFILED: FILED\nREFUSED: REFUSED', enum_type=NoticeState, max_length=9)),
                ('decided_by_id', fields.UUIDField(null=True)),
                ('decided_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('heartbeat_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('tries', fields.IntField(default=0, db_default=0)),
            ],
            options={'table': 'notice', 'app': 'models', 'indexes': [Index(fields=['state', 'id'])], 'pk_attr': 'id', 'table_description': 'What somebody who need not be a member asks for. All of it is sealed under the vault subject ``notice/<id>``.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='Notification',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('account', fields.ForeignKeyField('models.Account', source_field='account_id', db_constraint=True, to_field='id', related_name='notifications', on_delete=OnDelete.CASCADE)),
                ('kind', fields.CharEnumField(description='CAMEO_USED: CAMEO_USED\nCAMEO_PUBLISHED: CAMEO_PUBLISHED\nCAMEO_REMIXED: CAMEO_REMIXED\nCAMEO_REFUSED: CAMEO_REFUSED\nCAMEO_REQUESTED: CAMEO_REQUESTED\nCAMEO_REQUEST_ANSWERED: CAMEO_REQUEST_ANSWERED\nAPPROVAL_ASKED: APPROVAL_ASKED\nAPPROVAL_ANSWERED: APPROVAL_ANSWERED\nVIDEO_WITHDRAWN: VIDEO_WITHDRAWN\nGRANT_CHANGED: GRANT_CHANGED\nCAPTURE_ACCEPTED: CAPTURE_ACCEPTED', enum_type=NotificationKind, max_length=24)),
                ('group_key', fields.CharField(max_length=100)),
                ('actor_id', fields.UUIDField(null=True)),
                ('cameo_id', fields.UUIDField(null=True)),
                ('video_id', fields.UUIDField(null=True)),
                ('generation_id', fields.UUIDField(null=True)),
                ('grant_id', fields.UUIDField(null=True)),
                ('capture_id', fields.UUIDField(null=True)),
                ('rule', fields.CharField(null=True, max_length=80)),
                ('seq', fields.BigIntField(null=True, unique=True)),
                ('read_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'notification', 'app': 'models', 'indexes': [Index(fields=['account_id', 'seq']), Index(fields=['account_id', 'group_key']), Index(fields=['cameo_id']), Index(fields=['actor_id'])], 'pk_attr': 'id', 'table_description': 'One thing that happened, for one account. Ids only: what may be told of them is decided at each read.'},
            bases=['Row'],
        ),
        ops.AddField(
            model_name='Withdrawal',
            name='told_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.RunSQL(
            "CREATE SEQUENCE notification_seq",
            "DROP SEQUENCE notification_seq",
        ),
        ops.RunSQL(
            "CREATE INDEX notification_unnumbered ON notification (id) WHERE seq IS NULL",
            "DROP INDEX notification_unnumbered",
        ),
        ops.RunSQL(
            "CREATE INDEX erasure_undone ON erasure (id) WHERE done_at IS NULL",
            "DROP INDEX erasure_undone",
        ),
        ops.RunSQL(
            "CREATE INDEX rendition_sha256 ON rendition (sha256) WHERE kind = 'MP4'",
            "DROP INDEX rendition_sha256",
        ),
        # Whoever deletes bytes need not think of it: a downloaded copy can still be asked about.
        ops.RunSQL(
            """
            CREATE FUNCTION yume_keep_file_hash() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                INSERT INTO file_hash (id, sha256) SELECT r.video_id, r.sha256 FROM gone r WHERE r.kind = 'MP4'
                ON CONFLICT (id) DO NOTHING;
                RETURN NULL;
            END $$
            """,
            "DROP FUNCTION yume_keep_file_hash()",
        ),
        ops.RunSQL(
            """
            CREATE TRIGGER rendition_keeps_its_hash AFTER DELETE ON rendition
            REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION yume_keep_file_hash()
            """,
            "DROP TRIGGER rendition_keeps_its_hash ON rendition",
        ),
    ]
