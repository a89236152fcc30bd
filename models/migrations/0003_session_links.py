"""Links that sign a browser in, beside the sessions of clients."""

from models import migration
from tortoise.migrations import operations as ops
from models.account import Purpose
from tortoise import fields
from tortoise.indexes import Index

class Migration(migration.Migration):
    dependencies = [('models', '0002_clock_and_indexes')]

    initial = False

    operations = [
        ops.AlterModelOptions(
            name='Session',
            options={'table': 'session', 'app': 'models', 'indexes': [Index(fields=['account_id'])], 'pk_attr': 'id', 'table_description': 'A signed-in client, or (LINK) a link that signs one browser in, once. Only the SHA-256 (hex) of the 256-bit token is stored, so a leaked table signs nobody in.'},
        ),
        ops.AddField(
            model_name='Session',
            name='purpose',
            field=fields.CharEnumField(default=Purpose.CLIENT, description='CLIENT: CLIENT\nLINK: LINK', db_default='CLIENT', enum_type=Purpose, max_length=6),
        ),
    ]
