"""Cameos and everything that consent needs."""

from models import migration
from tortoise.migrations import operations as ops
from models.base import new_id
from models.cameo import CameoKind, CameoState
from models.capture import CaptureState
from models.decision import DecisionStage
from models.grant import Audience, GrantState, OnExpiry
from models.likeness import ApprovalState, Via, WithdrawalReason
from models.upload import UploadPurpose
from models.video import AuthorState
from orjson import loads
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from uuid import uuid4
from tortoise import fields
from tortoise.indexes import Index

class Migration(migration.Migration):
    dependencies = [('models', '0003_session_links')]

    initial = False

    operations = [
        ops.CreateModel(
            name='Block',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('blocker', fields.ForeignKeyField('models.Account', source_field='blocker_id', db_constraint=True, to_field='id', related_name='blocks', on_delete=OnDelete.CASCADE)),
                ('blocked', fields.ForeignKeyField('models.Account', source_field='blocked_id', db_constraint=True, to_field='id', related_name='blocked_by', on_delete=OnDelete.CASCADE)),
            ],
            options={'table': 'block', 'app': 'models', 'unique_together': [('blocker_id', 'blocked_id')], 'indexes': [Index(fields=['blocked_id', 'blocker_id'])], 'pk_attr': 'id', 'table_description': '``blocker`` blocks ``blocked``. A block outlives neither of the two accounts.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='Cameo',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('owner', fields.ForeignKeyField('models.Account', source_field='owner_id', db_constraint=True, to_field='id', related_name='cameos', on_delete=OnDelete.RESTRICT)),
                ('handle', fields.CharField(null=True, unique=True, max_length=40)),
                ('kind', fields.CharEnumField(default=CameoKind.PERSON, description='PERSON: PERSON\nOBJECT: OBJECT\nPET: PET\nDRAWN: DRAWN', enum_type=CameoKind, max_length=8)),
                ('state', fields.CharEnumField(default=CameoState.EMPTY, description='EMPTY: EMPTY\nACTIVE: ACTIVE\nPAUSED: PAUSED\nERASING: ERASING\nERASED: ERASED', enum_type=CameoState, max_length=8)),
                ('version', fields.IntField(default=0, db_default=0)),
                ('epoch', fields.BigIntField(default=0, db_default=0)),
                ('captured_minor', fields.BooleanField(default=False, db_default=False)),
            ],
            options={'table': 'cameo', 'app': 'models', 'indexes': [Index(fields=['owner_id'])], 'pk_attr': 'id', 'table_description': 'One likeness.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='Approval',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('video', fields.ForeignKeyField('models.Video', source_field='video_id', db_constraint=True, to_field='id', related_name='approvals', on_delete=OnDelete.RESTRICT)),
                ('cameo', fields.ForeignKeyField('models.Cameo', source_field='cameo_id', db_constraint=True, to_field='id', related_name='approvals', on_delete=OnDelete.RESTRICT)),
                ('draft_hash', fields.CharField(max_length=64)),
                ('state', fields.CharEnumField(default=ApprovalState.PENDING, description='PENDING: PENDING\nAPPROVED: APPROVED\nDECLINED: DECLINED', enum_type=ApprovalState, max_length=8)),
                ('expires_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('answered_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'approval', 'app': 'models', 'unique_together': [('video_id', 'cameo_id')], 'indexes': [Index(fields=['cameo_id', 'state'])], 'pk_attr': 'id', 'table_description': 'The person shown decides on one draft. ``draft_hash`` (SHA-256, hex) is what was shown to them.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='CameoEpoch',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('cameo', fields.ForeignKeyField('models.Cameo', source_field='cameo_id', db_constraint=True, to_field='id', related_name='epochs', on_delete=OnDelete.RESTRICT)),
                ('account', fields.ForeignKeyField('models.Account', source_field='account_id', db_constraint=True, to_field='id', related_name='cameo_epochs', on_delete=OnDelete.RESTRICT)),
                ('epoch', fields.BigIntField(default=0, db_default=0)),
            ],
            options={'table': 'cameo_epoch', 'app': 'models', 'unique_together': [('cameo_id', 'account_id')], 'pk_attr': 'id', 'table_description': 'How often something that concerns one account alone was restricted. No row means 0.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='CameoVersion',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('cameo', fields.ForeignKeyField('models.Cameo', source_field='cameo_id', db_constraint=True, to_field='id', related_name='versions', on_delete=OnDelete.RESTRICT)),
                ('number', fields.IntField()),
                ('capture_id', fields.UUIDField()),
                ('face_model', fields.CharField(null=True, max_length=120)),
                ('voice_model', fields.CharField(null=True, max_length=120)),
                ('face_embedding', fields.BinaryField(null=True)),
                ('voice_embedding', fields.BinaryField(null=True)),
                ('fingerprint', fields.BinaryField(null=True)),
                ('sealed', fields.BinaryField(null=True)),
                ('files', fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ('retired_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('destroyed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'cameo_version', 'app': 'models', 'unique_together': [('cameo_id', 'number')], 'pk_attr': 'id', 'table_description': 'What an accepted capture left behind, all of it sealed under the vault subject ``cameo/<cameo>/<number>``.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='Decision',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('cameo', fields.ForeignKeyField('models.Cameo', source_field='cameo_id', db_constraint=True, to_field='id', related_name='decisions', on_delete=OnDelete.RESTRICT)),
                ('actor', fields.ForeignKeyField('models.Account', source_field='actor_id', null=True, db_constraint=True, to_field='id', related_name='decisions_about', on_delete=OnDelete.SET_NULL)),
                ('stage', fields.CharEnumField(description='REQUEST: REQUEST\nPROMPT: PROMPT\nRESULT: RESULT\nRUNNING: RUNNING\nPUBLISH: PUBLISH\nOPERATOR: OPERATOR', enum_type=DecisionStage, max_length=8)),
                ('allowed', fields.BooleanField()),
                ('rule', fields.CharField(max_length=80)),
                ('generation_id', fields.UUIDField(null=True)),
            ],
            options={'table': 'decision', 'app': 'models', 'indexes': [Index(fields=['cameo_id', 'id'])], 'pk_attr': 'id', 'table_description': '``rule`` is the code of what decided ("topic.POLITICS", "grant.expired", "operator.opened_capture").'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='Follow',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('follower', fields.ForeignKeyField('models.Account', source_field='follower_id', db_constraint=True, to_field='id', related_name='follows', on_delete=OnDelete.CASCADE)),
                ('followee', fields.ForeignKeyField('models.Account', source_field='followee_id', db_constraint=True, to_field='id', related_name='followed_by', on_delete=OnDelete.CASCADE)),
            ],
            options={'table': 'follow', 'app': 'models', 'unique_together': [('follower_id', 'followee_id')], 'indexes': [Index(fields=['followee_id', 'follower_id'])], 'pk_attr': 'id', 'table_description': '``follower`` follows ``followee``.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='Grant',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('cameo', fields.ForeignKeyField('models.Cameo', source_field='cameo_id', db_constraint=True, to_field='id', related_name='grants', on_delete=OnDelete.RESTRICT)),
                ('subject', fields.ForeignKeyField('models.Account', source_field='subject_id', null=True, db_constraint=True, to_field='id', related_name='grants', on_delete=OnDelete.RESTRICT)),
                ('audience', fields.CharEnumField(null=True, description='ONLY_ME: ONLY_ME\nAPPROVED: APPROVED\nMUTUALS: MUTUALS\nEVERYONE: EVERYONE', enum_type=Audience, max_length=8)),
                ('scopes', fields.SmallIntField()),
                ('restrictions', fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                ('preferences', fields.CharField(default='', db_default='', max_length=300)),
                ('per_use_approval', fields.BooleanField(default=False, db_default=False)),
                ('note', fields.CharField(default='', db_default='', max_length=300)),
                ('not_before', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('expires_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('on_expiry', fields.CharEnumField(default=OnExpiry.KEEP, description='KEEP: KEEP\nWITHDRAW: WITHDRAW', enum_type=OnExpiry, max_length=8)),
                ('state', fields.CharEnumField(default=GrantState.ACTIVE, description='PENDING: PENDING\nACTIVE: ACTIVE\nREVOKED: REVOKED\nSUPERSEDED: SUPERSEDED', enum_type=GrantState, max_length=10)),
                ('supersedes', fields.ForeignKeyField('models.Grant', source_field='supersedes_id', null=True, db_constraint=True, to_field='id', related_name='superseded_by', on_delete=OnDelete.RESTRICT)),
                ('ended_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('idempotency_key', fields.CharField(null=True, max_length=200)),
                ('request_hash', fields.CharField(null=True, max_length=64)),
            ],
            options={'table': 'cameo_grant', 'app': 'models', 'indexes': [Index(fields=['cameo_id', 'state']), Index(fields=['subject_id', 'state']), Index(fields=['supersedes_id'])], 'pk_attr': 'id', 'table_description': 'One permission, for one account (``subject``) or for an ``audience``: exactly one of the two.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='GenerationLikeness',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('generation', fields.ForeignKeyField('models.Generation', source_field='generation_id', db_constraint=True, to_field='id', related_name='likenesses', on_delete=OnDelete.RESTRICT)),
                ('cameo', fields.ForeignKeyField('models.Cameo', source_field='cameo_id', db_constraint=True, to_field='id', related_name='generation_likenesses', on_delete=OnDelete.RESTRICT)),
                ('grant', fields.ForeignKeyField('models.Grant', source_field='grant_id', null=True, db_constraint=True, to_field='id', related_name='generation_likenesses', on_delete=OnDelete.RESTRICT)),
                ('version', fields.IntField()),
                ('cameo_epoch', fields.BigIntField()),
                ('account_epoch', fields.BigIntField()),
                ('scopes', fields.SmallIntField()),
                ('via', fields.CharEnumField(default=Via.SHOWN, description='SHOWN: SHOWN\nINHERITED: INHERITED', enum_type=Via, max_length=9)),
            ],
            options={'table': 'generation_likeness', 'app': 'models', 'unique_together': [('generation_id', 'cameo_id')], 'indexes': [Index(fields=['cameo_id', 'version'])], 'pk_attr': 'id', 'table_description': "The snapshot taken at gate 1. ``grant`` is None when the author is the cameo's owner."},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='Lineage',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('parent_id', fields.UUIDField(null=True)),
                ('root_id', fields.UUIDField()),
                ('depth', fields.IntField(default=0, db_default=0)),
                ('path', ArrayField(element_type='UUID')),
            ],
            options={'table': 'lineage', 'app': 'models', 'indexes': [Index(fields=['parent_id', 'id']), Index(fields=['root_id', 'id'])], 'pk_attr': 'id', 'table_description': 'One row a video, in its own narrow table. ``path`` lists its ancestors from the root to the parent.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Upload',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('account', fields.ForeignKeyField('models.Account', source_field='account_id', null=True, db_constraint=True, to_field='id', related_name='uploads', on_delete=OnDelete.CASCADE)),
                ('purpose', fields.CharEnumField(description='CAPTURE: CAPTURE\nSTART_FRAME: START_FRAME\nAVATAR: AVATAR\nVERIFY: VERIFY\nNOTICE: NOTICE', enum_type=UploadPurpose, max_length=12)),
                ('token_hash', fields.CharField(unique=True, max_length=64)),
                ('max_bytes', fields.BigIntField()),
                ('expires_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('claimed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('received_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('consumed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('key', fields.CharField(null=True, max_length=300)),
                ('bytes', fields.BigIntField(null=True)),
                ('sha256', fields.CharField(null=True, max_length=64)),
            ],
            options={'table': 'upload', 'app': 'models', 'indexes': [Index(fields=['account_id']), Index(fields=['expires_at'])], 'pk_attr': 'id', 'table_description': 'One ticket. Only the SHA-256 (hex) of its 256-bit token is stored; it is good for one file.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='Capture',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('account', fields.ForeignKeyField('models.Account', source_field='account_id', db_constraint=True, to_field='id', related_name='captures', on_delete=OnDelete.RESTRICT)),
                ('cameo', fields.ForeignKeyField('models.Cameo', source_field='cameo_id', db_constraint=True, to_field='id', related_name='captures', on_delete=OnDelete.RESTRICT)),
                ('kind', fields.CharEnumField(description='PERSON: PERSON\nOBJECT: OBJECT\nPET: PET\nDRAWN: DRAWN', enum_type=CameoKind, max_length=8)),
                ('state', fields.CharEnumField(default=CaptureState.CHALLENGED, description='CHALLENGED: CHALLENGED\nCHECKING: CHECKING\nACCEPTED: ACCEPTED\nREJECTED: REJECTED\nEXPIRED: EXPIRED', enum_type=CaptureState, max_length=10)),
                ('challenge', fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ('nonce_hash', fields.CharField(unique=True, max_length=64)),
                ('upload', fields.ForeignKeyField('models.Upload', source_field='upload_id', null=True, db_constraint=True, to_field='id', related_name='captures', on_delete=OnDelete.SET_NULL)),
                ('checks', fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads)),
                ('carried', fields.BinaryField(null=True)),
                ('tries', fields.IntField(default=0, db_default=0)),
                ('expires_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('consent_version', fields.IntField()),
                ('consent_hash', fields.CharField(max_length=64)),
                ('retire_old', fields.BooleanField(default=False, db_default=False)),
                ('review', fields.CharField(null=True, max_length=40)),
                ('fence', fields.BigIntField(default=0, db_default=0)),
                ('attempt', fields.IntField(default=0, db_default=0)),
                ('heartbeat_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('idempotency_key', fields.CharField(max_length=200)),
                ('request_hash', fields.CharField(max_length=64)),
                ('version', fields.IntField(null=True)),
                ('finished_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'capture', 'app': 'models', 'unique_together': [('account_id', 'idempotency_key')], 'indexes': [Index(fields=['state', 'heartbeat_at']), Index(fields=['cameo_id', 'id'])], 'pk_attr': 'id', 'table_description': 'One way from a challenge to a version of a cameo.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='VideoLikeness',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('video', fields.ForeignKeyField('models.Video', source_field='video_id', db_constraint=True, to_field='id', related_name='likenesses', on_delete=OnDelete.RESTRICT)),
                ('cameo', fields.ForeignKeyField('models.Cameo', source_field='cameo_id', db_constraint=True, to_field='id', related_name='video_likenesses', on_delete=OnDelete.RESTRICT)),
                ('grant', fields.ForeignKeyField('models.Grant', source_field='grant_id', null=True, db_constraint=True, to_field='id', related_name='video_likenesses', on_delete=OnDelete.RESTRICT)),
                ('publish_grant', fields.ForeignKeyField('models.Grant', source_field='publish_grant_id', null=True, db_constraint=True, to_field='id', related_name='published_likenesses', on_delete=OnDelete.RESTRICT)),
                ('scopes', fields.SmallIntField()),
                ('version', fields.IntField()),
                ('via', fields.CharEnumField(description='SHOWN: SHOWN\nINHERITED: INHERITED', enum_type=Via, max_length=9)),
                ('withdrawn_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('withdrawn_for', fields.CharEnumField(null=True, description='REVOKED: REVOKED\nREMOVED: REMOVED\nBLOCKED: BLOCKED\nEXPIRED: EXPIRED\nDECLINED: DECLINED\nERASED: ERASED', enum_type=WithdrawalReason, max_length=8)),
            ],
            options={'table': 'video_likeness', 'app': 'models', 'unique_together': [('video_id', 'cameo_id')], 'indexes': [Index(fields=['cameo_id', 'id']), Index(fields=['grant_id']), Index(fields=['publish_grant_id'])], 'pk_attr': 'id', 'table_description': 'One row for each (video, cameo), kept for ever; the set is closed over ancestry.'},
            bases=['Row'],
        ),
        ops.AddField(
            model_name='Account',
            name='deleted_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AlterModelOptions(
            name='Session',
            options={'table': 'session', 'app': 'models', 'indexes': [Index(fields=['account_id'])], 'pk_attr': 'id', 'table_description': 'A signed-in client, or (LINK) a link that signs one browser in, once.'},
        ),
        ops.AddField(
            model_name='Session',
            name='stepped_up_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AlterField(
            model_name='VideoVisibility',
            name='author_state',
            field=fields.CharEnumField(default=AuthorState.DRAFT, description='DRAFT: DRAFT\nAWAITING_APPROVAL: AWAITING\nPUBLISHED: PUBLISHED\nDELETED: DELETED', enum_type=AuthorState, max_length=10),
        ),
        # Deletions of what proves consent are refused by the database itself, not only by our code.
        ops.RunSQL(
            """
            INSERT INTO lineage (id, parent_id, root_id, depth, path) SELECT id, NULL, id, 0, '{}' FROM video
            """,
            "DELETE FROM lineage",
        ),
        ops.RunSQL(
            """
            ALTER TABLE cameo_grant ADD CONSTRAINT grant_for_one_or_many CHECK ((subject_id IS NULL) <> (audience IS NULL))
            """,
            "ALTER TABLE cameo_grant DROP CONSTRAINT grant_for_one_or_many",
        ),
        ops.RunSQL(
            """
            CREATE UNIQUE INDEX grant_access ON cameo_grant (cameo_id) WHERE audience IS NOT NULL AND state = 'ACTIVE'
            """,
            "DROP INDEX grant_access",
        ),
        ops.RunSQL(
            """
            CREATE UNIQUE INDEX grant_once ON cameo_grant (cameo_id, idempotency_key) WHERE idempotency_key IS NOT NULL
            """,
            "DROP INDEX grant_once",
        ),
        ops.RunSQL(
            """
            CREATE FUNCTION yume_grant_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF TG_OP = 'DELETE' THEN
                    RAISE EXCEPTION 'a grant is never deleted' USING ERRCODE = 'integrity_constraint_violation';
                END IF;
                IF (to_jsonb(NEW) - '{state,ended_at,note}'::text[]) <> (to_jsonb(OLD) - '{state,ended_at,note}'::text[])
                    OR (OLD.state IN ('REVOKED', 'SUPERSEDED') AND NEW.state <> OLD.state)
                    OR (OLD.state = 'ACTIVE' AND NEW.state = 'PENDING')
                THEN
                    RAISE EXCEPTION 'a grant is never edited' USING ERRCODE = 'integrity_constraint_violation';
                END IF;
                RETURN NEW;
            END $$
            """,
            "DROP FUNCTION yume_grant_is_immutable()",
        ),
        ops.RunSQL(
            """
            CREATE TRIGGER grant_is_immutable BEFORE UPDATE OR DELETE ON cameo_grant
            FOR EACH ROW EXECUTE FUNCTION yume_grant_is_immutable()
            """,
            "DROP TRIGGER grant_is_immutable ON cameo_grant",
        ),
        ops.RunSQL(
            """
            CREATE FUNCTION yume_likeness_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'a likeness is never removed nor brought back'
                    USING ERRCODE = 'integrity_constraint_violation';
            END $$
            """,
            "DROP FUNCTION yume_likeness_is_kept()",
        ),
        ops.RunSQL(
            """
            CREATE TRIGGER likeness_is_kept BEFORE DELETE ON video_likeness
            FOR EACH ROW EXECUTE FUNCTION yume_likeness_is_kept()
            """,
            "DROP TRIGGER likeness_is_kept ON video_likeness",
        ),
        ops.RunSQL(
            """
            CREATE TRIGGER likeness_stays_withdrawn BEFORE UPDATE OF withdrawn_at, video_id, cameo_id, grant_id
            ON video_likeness FOR EACH ROW
            WHEN (OLD.withdrawn_at IS DISTINCT FROM NEW.withdrawn_at AND OLD.withdrawn_at IS NOT NULL
                OR OLD.video_id <> NEW.video_id OR OLD.cameo_id <> NEW.cameo_id
                OR OLD.grant_id IS DISTINCT FROM NEW.grant_id)
            EXECUTE FUNCTION yume_likeness_is_kept()
            """,
            "DROP TRIGGER likeness_stays_withdrawn ON video_likeness",
        ),
        ops.RunSQL(
            "CREATE INDEX approval_pending ON approval (expires_at) WHERE state = 'PENDING'",
            "DROP INDEX approval_pending",
        ),
        ops.RunSQL(
            "CREATE INDEX capture_queue ON capture (id) WHERE state = 'CHECKING' AND review IS NULL",
            "DROP INDEX capture_queue",
        ),
    ]
