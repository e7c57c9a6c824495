from django.db import migrations


class Migration(migrations.Migration):
    """The timeline is the record: its rows are only ever added."""

    dependencies = [("incidents", "0001_initial"), ("core", "0002_triggers")]

    operations = [
        migrations.RunSQL(
            "CALL core_make_insert_only('incidents_incidententry')",
            "DROP TRIGGER insert_only ON incidents_incidententry; DROP TRIGGER insert_only_whole ON incidents_incidententry",
        ),
    ]
