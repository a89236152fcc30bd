from models import migration
from tortoise.migrations import operations as ops
from models.account import Role
from models.base import new_id
from models.generation import GenerationState
from models.video import AuthorState, ConsentState, ModerationState, RenditionKind, Visibility
from orjson import loads
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from uuid import uuid4
from tortoise import fields
from tortoise.indexes import Index

class Migration(migration.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name='Account',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('handle', fields.CharField(unique=True, max_length=30)),
                ('display_name', fields.CharField(max_length=60)),
                ('bio', fields.CharField(default='', db_default='', max_length=300)),
                ('password_hash', fields.CharField(null=True, max_length=200)),
                ('birth_date', fields.DateField(null=True)),
                ('region', fields.CharField(null=True, max_length=2)),
                ('role', fields.CharEnumField(default=Role.MEMBER, description='MEMBER: MEMBER\nMODERATOR: MODERATOR\nADMIN: ADMIN', db_default='MEMBER', enum_type=Role, max_length=12)),
                ('invited_by', fields.ForeignKeyField('models.Account', source_field='invited_by_id', null=True, db_constraint=True, to_field='id', related_name='invitees', on_delete=OnDelete.SET_NULL)),
                ('suspended_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'account', 'app': 'models', 'pk_attr': 'id', 'table_description': 'One member. ``handle`` is stored in lower case; ``password_hash`` is Argon2id, None for the local owner.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='EngineHost',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('host', fields.CharField(max_length=120)),
                ('engine', fields.CharField(max_length=60)),
                ('device', fields.CharField(max_length=40)),
                ('capabilities', fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ('weights', fields.CharField(max_length=80)),
                ('heartbeat_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'engine_host', 'app': 'models', 'pk_attr': 'id', 'table_description': 'A living worker and what its engine can do; the API learns engine limits from here, never by importing them.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='Generation',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('account', fields.ForeignKeyField('models.Account', source_field='account_id', db_constraint=True, to_field='id', related_name='generations', on_delete=OnDelete.CASCADE)),
                ('idempotency_key', fields.CharField(max_length=200)),
                ('request_hash', fields.CharField(max_length=64)),
                ('engine', fields.CharField(max_length=60)),
                ('spec', fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ('state', fields.CharEnumField(default=GenerationState.QUEUED, description='QUEUED: QUEUED\nRUNNING: RUNNING\nCHECKING: CHECKING\nSUCCEEDED: SUCCEEDED\nFAILED: FAILED\nCANCELLED: CANCELLED\nBLOCKED: BLOCKED', enum_type=GenerationState, max_length=12)),
                ('priority', fields.SmallIntField(default=0, db_default=0)),
                ('fence', fields.BigIntField(default=0, db_default=0)),
                ('attempt', fields.IntField(default=0, db_default=0)),
                ('worker_id', fields.UUIDField(null=True)),
                ('heartbeat_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('cancel_requested_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('phase', fields.CharField(null=True, max_length=12)),
                ('fraction', fields.FloatField(default=0.0, db_default=0.0)),
                ('recipe', fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
                ('failure_code', fields.CharField(null=True, max_length=40)),
                ('failure_message', fields.TextField(null=True, unique=False)),
                ('cost_seconds', fields.FloatField()),
                ('started_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('finished_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'generation', 'app': 'models', 'unique_together': [('account_id', 'idempotency_key')], 'indexes': [Index(fields=['account_id', 'created_at'])], 'pk_attr': 'id', 'table_description': 'One job.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='Invite',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('code_hmac', fields.CharField(unique=True, max_length=64)),
                ('created_by', fields.ForeignKeyField('models.Account', source_field='created_by_id', null=True, db_constraint=True, to_field='id', related_name='invites', on_delete=OnDelete.CASCADE)),
                ('used_by', fields.ForeignKeyField('models.Account', source_field='used_by_id', null=True, db_constraint=True, to_field='id', related_name='admitted_by', on_delete=OnDelete.SET_NULL)),
                ('used_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('revoked_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('admin', fields.BooleanField(default=False, db_default=False)),
            ],
            options={'table': 'invite', 'app': 'models', 'indexes': [Index(fields=['created_by_id'])], 'pk_attr': 'id', 'table_description': 'A seat for one newcomer. ``code_hmac`` is the HMAC-SHA256 (hex) of the 128-bit code under the invite key.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='Outbox',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('topic', fields.CharField(max_length=40)),
                ('payload', fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
            ],
            options={'table': 'outbox', 'app': 'models', 'pk_attr': 'id', 'table_description': 'Work promised in a transaction and done after it. A row goes away when its work is done.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='PolicyRow',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('key', fields.CharField(max_length=60)),
                ('value', fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ('set_by', fields.ForeignKeyField('models.Account', source_field='set_by_id', null=True, db_constraint=True, to_field='id', related_name='policies_set', on_delete=OnDelete.SET_NULL)),
            ],
            options={'table': 'policy', 'app': 'models', 'indexes': [Index(fields=['key', 'id'])], 'pk_attr': 'id', 'table_description': 'One version of one rule. ``set_by`` is None for the values seeded at the first start.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='QuotaCharge',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('account', fields.ForeignKeyField('models.Account', source_field='account_id', db_constraint=True, to_field='id', related_name='charges', on_delete=OnDelete.CASCADE)),
                ('generation', fields.OneToOneField('models.Generation', source_field='generation_id', db_constraint=True, to_field='id', related_name='charge', on_delete=OnDelete.CASCADE)),
                ('seconds', fields.FloatField()),
                ('refunded_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'quota_charge', 'app': 'models', 'indexes': [Index(fields=['account_id', 'created_at'])], 'pk_attr': 'id', 'table_description': "Engine seconds a generation took from its author's day. At most one for a generation; refunded at most once."},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='Session',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('account', fields.ForeignKeyField('models.Account', source_field='account_id', db_constraint=True, to_field='id', related_name='sessions', on_delete=OnDelete.CASCADE)),
                ('token_hash', fields.CharField(unique=True, max_length=64)),
                ('expires_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('revoked_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'session', 'app': 'models', 'indexes': [Index(fields=['account_id'])], 'pk_attr': 'id', 'table_description': 'A signed-in client. Only the SHA-256 (hex) of the 256-bit token is stored, so a leaked table signs nobody in.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='Video',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('generation', fields.OneToOneField('models.Generation', source_field='generation_id', db_constraint=True, to_field='id', related_name='video', on_delete=OnDelete.CASCADE)),
                ('author', fields.ForeignKeyField('models.Account', source_field='author_id', db_constraint=True, to_field='id', related_name='videos', on_delete=OnDelete.CASCADE)),
                ('caption', fields.CharField(default='', db_default='', max_length=500)),
                ('prompt', fields.TextField(unique=False)),
                ('seconds', fields.FloatField()),
                ('width', fields.IntField()),
                ('height', fields.IntField()),
                ('fps', fields.IntField()),
                ('has_audio', fields.BooleanField()),
                ('waveform', fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ('recipe', fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ('remixable', fields.BooleanField(default=True, db_default=True)),
            ],
            options={'table': 'video', 'app': 'models', 'pk_attr': 'id', 'table_description': 'A finished clip. ``generation_id`` is unique: a generation ends in at most one.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='Rendition',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('video', fields.ForeignKeyField('models.Video', source_field='video_id', db_constraint=True, to_field='id', related_name='renditions', on_delete=OnDelete.CASCADE)),
                ('kind', fields.CharEnumField(description='MP4: MP4\nPOSTER: POSTER\nPREVIEW: PREVIEW\nLATENT: LATENT', enum_type=RenditionKind, max_length=10)),
                ('key', fields.CharField(max_length=300)),
                ('content_type', fields.CharField(max_length=60)),
                ('bytes', fields.BigIntField()),
                ('sha256', fields.CharField(max_length=64)),
            ],
            options={'table': 'rendition', 'app': 'models', 'unique_together': [('video_id', 'kind')], 'pk_attr': 'id', 'table_description': 'One stored object of a video. ``key`` is its place in media storage, ``sha256`` its ETag.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='VideoVisibility',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('author_id', fields.UUIDField()),
                ('author_state', fields.CharEnumField(default=AuthorState.DRAFT, description='DRAFT: DRAFT\nPUBLISHED: PUBLISHED\nDELETED: DELETED', enum_type=AuthorState, max_length=10)),
                ('audience', fields.CharEnumField(default=Visibility.PUBLIC, description='PUBLIC: PUBLIC\nFOLLOWERS: FOLLOWERS\nMUTUALS: MUTUALS\nCHOSEN: CHOSEN\nLINK: LINK', enum_type=Visibility, max_length=10)),
                ('consent', fields.CharEnumField(default=ConsentState.LIVE, description='LIVE: LIVE\nWITHDRAWN: WITHDRAWN', enum_type=ConsentState, max_length=10)),
                ('moderation', fields.CharEnumField(default=ModerationState.CLEAR, description='CLEAR: CLEAR\nHIDDEN: HIDDEN\nREMOVED: REMOVED', enum_type=ModerationState, max_length=10)),
                ('published_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'video_visibility', 'app': 'models', 'pk_attr': 'id', 'table_description': 'Three independent columns in a narrow table: a video is visible when all three allow it.'},
            bases=['Row'],
        ),
    ]
