"""SQL that migrations run: triggers that keep what the application promises."""

from pathlib import Path

from django.db import migrations


def run(name: str) -> migrations.RunSQL:
    """A migration operation that runs core/sql/<name>.sql."""
    return migrations.RunSQL((Path(__file__).parent / f"{name}.sql").read_text(), migrations.RunSQL.noop)
