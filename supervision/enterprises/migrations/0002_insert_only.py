"""The history of the operating status is only ever added to."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("enterprises", "0001_initial"), ("core", "0002_triggers")]
    operations = [
        migrations.RunSQL(
            "CALL core_make_insert_only('enterprises_statuschange')",
            "DROP TRIGGER insert_only ON enterprises_statuschange;"
            "DROP TRIGGER insert_only_whole ON enterprises_statuschange",
        )
    ]
