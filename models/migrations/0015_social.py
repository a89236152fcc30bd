"""Likes, comments, mutes, counts, tastes and trends; what a video means; who met which; and the walks of feeds."""

from models import migration
from tortoise.migrations import operations as ops
from models.base import new_id
from models.taste import LessOf
from models.trend import TrendKind
from orjson import loads
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from uuid import uuid4
from tortoise import fields
from tortoise.indexes import Index

class Migration(migration.Migration):
    dependencies = [('models', '0014_export')]

    initial = False

    operations = [
        ops.CreateModel(
            name='ChosenViewer',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('video', fields.ForeignKeyField('models.Video', source_field='video_id', db_constraint=True, to_field='id', related_name='chosen_viewers', on_delete=OnDelete.CASCADE)),
                ('account', fields.ForeignKeyField('models.Account', source_field='account_id', db_constraint=True, to_field='id', related_name='chosen_for', on_delete=OnDelete.CASCADE)),
            ],
            options={'table': 'chosen_viewer', 'app': 'models', 'unique_together': [('video_id', 'account_id')], 'indexes': [Index(fields=['account_id', 'video_id'])], 'pk_attr': 'id', 'table_description': '``account`` was picked for ``video``. Kept when the audience changes, so that it can be chosen again.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='Comment',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('video', fields.ForeignKeyField('models.Video', source_field='video_id', db_constraint=True, to_field='id', related_name='comments', on_delete=OnDelete.CASCADE)),
                ('author', fields.ForeignKeyField('models.Account', source_field='author_id', db_constraint=True, to_field='id', related_name='comments', on_delete=OnDelete.CASCADE)),
                ('parent', fields.ForeignKeyField('models.Comment', source_field='parent_id', null=True, db_constraint=True, to_field='id', related_name='replies', on_delete=OnDelete.CASCADE)),
                ('body', fields.CharField(max_length=1000)),
                ('reply_count', fields.IntField(default=0, db_default=0)),
                ('hidden_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('hidden_by_id', fields.UUIDField(null=True)),
                ('deleted_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'comment', 'app': 'models', 'indexes': [Index(fields=['video_id', 'parent_id', 'id']), Index(fields=['parent_id', 'id']), Index(fields=['author_id', 'id'])], 'pk_attr': 'id', 'table_description': 'One comment. ``parent`` is the comment that starts its thread; None for one that starts a thread itself.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='FeedWeights',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('weights', fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ('steer', fields.CharField(default='', db_default='', max_length=300)),
                ('updated_at', fields.DatetimeField(auto_now=True, auto_now_add=False)),
            ],
            options={'table': 'feed_weights', 'app': 'models', 'pk_attr': 'id', 'table_description': "A member's own weights: feature → weight. Key: the account."},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Like',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('account', fields.ForeignKeyField('models.Account', source_field='account_id', db_constraint=True, to_field='id', related_name='likes', on_delete=OnDelete.CASCADE)),
                ('video', fields.ForeignKeyField('models.Video', source_field='video_id', db_constraint=True, to_field='id', related_name='likes', on_delete=OnDelete.CASCADE)),
            ],
            options={'table': 'video_like', 'app': 'models', 'unique_together': [('account_id', 'video_id')], 'indexes': [Index(fields=['video_id', 'id']), Index(fields=['account_id', 'id'])], 'pk_attr': 'id', 'table_description': '``account`` likes ``video``. Counted in `models.counts.VideoCounts`.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='Mute',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('muter', fields.ForeignKeyField('models.Account', source_field='muter_id', db_constraint=True, to_field='id', related_name='mutes', on_delete=OnDelete.CASCADE)),
                ('muted', fields.ForeignKeyField('models.Account', source_field='muted_id', db_constraint=True, to_field='id', related_name='muted_by', on_delete=OnDelete.CASCADE)),
            ],
            options={'table': 'mute', 'app': 'models', 'unique_together': [('muter_id', 'muted_id')], 'indexes': [Index(fields=['muted_id'])], 'pk_attr': 'id', 'table_description': '``muter`` no longer meets ``muted`` in feeds, search, trends and notifications; by name they still find them.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='SeeLess',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('account', fields.ForeignKeyField('models.Account', source_field='account_id', db_constraint=True, to_field='id', related_name='see_less', on_delete=OnDelete.CASCADE)),
                ('kind', fields.CharEnumField(description='VIDEO: VIDEO\nAUTHOR: AUTHOR\nTOPIC: TOPIC', enum_type=LessOf, max_length=6)),
                ('target_id', fields.UUIDField()),
            ],
            options={'table': 'see_less', 'app': 'models', 'unique_together': [('account_id', 'kind', 'target_id')], 'pk_attr': 'id', 'table_description': "One wish. ``target_id`` is the video (for VIDEO and TOPIC: that it resembles) or the author's account."},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='Trend',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('kind', fields.CharEnumField(description='REMIX: REMIX\nPROMPT: PROMPT\nSOUND: SOUND', enum_type=TrendKind, max_length=6)),
                ('key', fields.CharField(max_length=120)),
                ('title', fields.CharField(max_length=120)),
                ('score', fields.FloatField(default=0.0, db_default=0.0)),
                ('video_count', fields.IntField(default=0, db_default=0)),
                ('sample_id', fields.UUIDField(null=True)),
                ('refreshed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('ended_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'trend', 'app': 'models', 'unique_together': [('kind', 'key')], 'indexes': [Index(fields=['score', 'id'])], 'pk_attr': 'id', 'table_description': "One trend, found by a scheduled job. ``key`` is the root's id, the folded phrase or the sound's name."},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='TrendVideo',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('trend', fields.ForeignKeyField('models.Trend', source_field='trend_id', db_constraint=True, to_field='id', related_name='members', on_delete=OnDelete.CASCADE)),
                ('video', fields.ForeignKeyField('models.Video', source_field='video_id', db_constraint=True, to_field='id', related_name='trends', on_delete=OnDelete.CASCADE)),
                ('joined', fields.BooleanField(default=False, db_default=False)),
            ],
            options={'table': 'trend_video', 'app': 'models', 'unique_together': [('trend_id', 'video_id')], 'indexes': [Index(fields=['video_id'])], 'pk_attr': 'id', 'table_description': '``video`` belongs to ``trend``: found so by the job, or made to join it (``joined``).'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='VideoCounts',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('like_count', fields.IntField(default=0, db_default=0)),
                ('comment_count', fields.IntField(default=0, db_default=0)),
                ('view_count', fields.BigIntField(default=0, db_default=0)),
                ('remix_count', fields.IntField(default=0, db_default=0)),
                ('tree_count', fields.IntField(default=0, db_default=0)),
                ('counted', fields.BooleanField(default=False, db_default=False)),
                ('quality', fields.FloatField(default=0.0, db_default=0.0)),
                ('hot', fields.FloatField(default=0.0, db_default=0.0)),
                ('refreshed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'video_counts', 'app': 'models', 'indexes': [Index(fields=['hot', 'id'])], 'pk_attr': 'id', 'table_description': "One row a published video; a missing row is all zeros. The key is the video's."},
            bases=['Model'],
        ),
        ops.AddField(
            model_name='Account',
            name='avatar_key',
            field=fields.CharField(null=True, max_length=300),
        ),
        ops.AddField(
            model_name='Account',
            name='on_leaderboards',
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name='Account',
            name='remixable_default',
            field=fields.BooleanField(default=True, db_default=True),
        ),
        ops.AddField(
            model_name='Generation',
            name='trend_id',
            field=fields.UUIDField(null=True),
        ),
        ops.AddField(
            model_name='Video',
            name='prompt_public',
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.RunSQL(
            """
            CREATE TABLE video_text (
                id uuid PRIMARY KEY REFERENCES video ON DELETE CASCADE,
                words tsvector NOT NULL DEFAULT '',
                meaning halfvec(384)
            );
            COMMENT ON TABLE video_text IS
                'What a published video says: its caption and prompt in words, and as a unit vector of their meaning.';
            CREATE INDEX video_text_words ON video_text USING gin (words);
            CREATE TABLE impression (
                account_id uuid NOT NULL REFERENCES account ON DELETE CASCADE,
                video_id uuid NOT NULL REFERENCES video ON DELETE CASCADE,
                seen_at timestamptz NOT NULL DEFAULT yume_now(),
                seconds real NOT NULL DEFAULT 0,
                PRIMARY KEY (account_id, video_id)
            );
            COMMENT ON TABLE impression IS 'Which member met which video in a feed, and for how many seconds it ran.';
            CREATE INDEX impression_by_video ON impression (video_id);
            CREATE TABLE account_taste (
                id uuid PRIMARY KEY REFERENCES account ON DELETE CASCADE,
                liking halfvec(384),
                refreshed_at timestamptz NOT NULL DEFAULT yume_now()
            );
            COMMENT ON TABLE account_taste IS 'The mean meaning of what a member likes, made and watched to the end.';
            """,
            "DROP TABLE account_taste; DROP TABLE impression; DROP TABLE video_text",
        ),
        ops.RunSQL(
            """
            CREATE INDEX video_published_by_author ON video_visibility (author_id, published_at DESC, id DESC)
            WHERE author_state = 'PUBLISHED' AND consent = 'LIVE' AND moderation = 'CLEAR';
            """,
            "DROP INDEX video_published_by_author",
        ),
    ]
