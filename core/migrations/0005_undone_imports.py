"""The undo of an import may take back rows of insert-only tables that the import itself added."""

from django.db import migrations

# `antu.undo` is set inside the undoing transaction only, and never opens the kernel's own records.
ALLOWED = """
CREATE OR REPLACE FUNCTION core_insert_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' AND current_setting('antu.may_truncate', true) = '1' THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'DELETE' AND current_setting('antu.undo', true) = '1' AND TG_TABLE_NAME NOT LIKE 'core\\_%' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% rows are only ever added (% refused).', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
"""
BEFORE = """
CREATE OR REPLACE FUNCTION core_insert_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' AND current_setting('antu.may_truncate', true) = '1' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% rows are only ever added (% refused).', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0004_imports")]
    operations = [migrations.RunSQL(ALLOWED, BEFORE)]
