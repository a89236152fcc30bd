"""Appearances that a member chose to show on their profile."""

from models import migration
from tortoise.migrations import operations as ops
from models.base import new_id
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index

class Migration(migration.Migration):
    dependencies = [('models', '0019_trends')]

    initial = False

    operations = [
        ops.CreateModel(
            name='ShownAppearance',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('account', fields.ForeignKeyField('models.Account', source_field='account_id', db_constraint=True, to_field='id', related_name='shown_appearances', on_delete=OnDelete.CASCADE)),
                ('video', fields.ForeignKeyField('models.Video', source_field='video_id', db_constraint=True, to_field='id', related_name='shown_by', on_delete=OnDelete.CASCADE)),
            ],
            options={'table': 'shown_appearance', 'app': 'models', 'unique_together': [('account_id', 'video_id')], 'indexes': [Index(fields=['account_id', 'created_at', 'id']), Index(fields=['video_id'])], 'pk_attr': 'id', 'table_description': '``account`` shows ``video``, in which they are cast, on their profile. Others see it while it is public.'},
            bases=['Row'],
        ),
    ]
