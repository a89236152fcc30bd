"""Prints and words go into their indexes at once: what waits in a list is walked by every look-up of a key."""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0023_about")]

    initial = False

    operations = [
        ops.RunSQL(
            """
            ALTER INDEX video_print_pictures SET (fastupdate = off);
            ALTER INDEX video_print_sound SET (fastupdate = off);
            ALTER INDEX video_text_words SET (fastupdate = off);
            """,
            """
            ALTER INDEX video_text_words RESET (fastupdate);
            ALTER INDEX video_print_sound RESET (fastupdate);
            ALTER INDEX video_print_pictures RESET (fastupdate);
            """,
        ),
    ]
