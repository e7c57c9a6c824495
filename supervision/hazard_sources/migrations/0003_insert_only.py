"""Counts, changes of inventory, assessments and what was sent upward are only ever added to."""

from django.db import migrations

TABLES = ("personscount", "inventorychange", "assessment", "transmission", "transmittedrow")


def kept(name: str) -> migrations.RunSQL:
    table = f"hazard_sources_{name}"
    return migrations.RunSQL(
        f"CALL core_make_insert_only('{table}')",
        f"DROP TRIGGER insert_only ON {table}; DROP TRIGGER insert_only_whole ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [("hazard_sources", "0002_histories_filings_people"), ("core", "0002_triggers")]
    operations = [kept(name) for name in TABLES]
