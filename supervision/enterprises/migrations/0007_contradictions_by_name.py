"""Contradictions are chosen by the names of their rules; what a change request holds is nobody's to edit."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import supervision.enterprises.models.truth


class Migration(migrations.Migration):
    dependencies = [("enterprises", "0006_withdrawn_rows_and_due_dates")]
    operations = [
        migrations.AlterField(
            "contradiction",
            "rule",
            models.CharField(
                choices=supervision.enterprises.models.truth.rule_choices, max_length=40, verbose_name="矛盾"
            ),
        ),
        migrations.AlterField("changerequest", "changes", models.JSONField(editable=False, verbose_name="变更内容")),
        migrations.AlterField(
            "changerequest",
            "submitted_by",
            models.ForeignKey(
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="申请人",
            ),
        ),
    ]
