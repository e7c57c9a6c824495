"""What the database itself does for the map: it counts changes, and finds places by parts of their name."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parents[1] / "sql"
FORGET = "DROP INDEX IF EXISTS site_name_trgm, site_address_trgm, site_pinyin_trgm"


class Migration(migrations.Migration):
    dependencies = [("layers", "0001_initial"), ("geo", "0001_initial")]
    operations = [
        migrations.RunSQL((SQL / "changes.sql").read_text(), "DROP FUNCTION IF EXISTS layers_count_change() CASCADE"),
        migrations.RunSQL((SQL / "site_search.sql").read_text(), FORGET),
    ]
