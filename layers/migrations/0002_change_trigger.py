"""What the database itself counts: statements that write to a table a layer reads."""

from pathlib import Path

from django.db import migrations

SQL = (Path(__file__).parents[1] / "sql" / "changes.sql").read_text()


class Migration(migrations.Migration):
    dependencies = [("layers", "0001_initial")]
    operations = [migrations.RunSQL(SQL, "DROP FUNCTION IF EXISTS layers_count_change() CASCADE")]
