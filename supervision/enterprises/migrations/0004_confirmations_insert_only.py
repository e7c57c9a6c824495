"""Confirmations are only ever added to."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("enterprises", "0003_the_whole_file"), ("core", "0002_triggers")]
    operations = [
        migrations.RunSQL(
            "CALL core_make_insert_only('enterprises_confirmation')",
            "DROP TRIGGER insert_only ON enterprises_confirmation;"
            "DROP TRIGGER insert_only_whole ON enterprises_confirmation",
        )
    ]
