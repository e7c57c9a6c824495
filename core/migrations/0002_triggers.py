"""What the database itself keeps: event numbers, insert-only tables, the audit trail."""

from django.db import migrations

from core.sql import run


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial"), ("sessions", "0001_initial")]
    operations = [run("kernel"), run("documents")]
