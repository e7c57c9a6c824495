"""A case that exists only for the kernel's own tests: the kernel must be tested without any module."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection, models
from django.test.utils import isolate_apps

from core.models import User
from core.models.workflow import Case
from core.workflow import Transition, Workflow
from geo.models import Region, ScopedQuerySet, Site

STATES = {"draft": "草稿", "filed": "已立案", "decided": "已决定", "closed": "已结案"}
VERBS = {"file": "立案", "decide": "决定", "close": "结案"}

with isolate_apps("core"):

    class Paper(Case):
        """One case of the tests."""

        REGION_PATH = "region"
        SITE_PATH = ""

        region = models.ForeignKey(Region, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
        site = models.ForeignKey(Site, null=True, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
        decision = models.CharField("决定内容", max_length=100, blank=True)
        amount = models.DecimalField("罚款金额", max_digits=12, decimal_places=2, null=True)
        is_blocked = models.BooleanField(default=False)

        objects = ScopedQuerySet.as_manager()

        class Meta:
            app_label = "core"
            db_table = "core_test_paper"

        def __str__(self) -> str:
            return f"paper {self.pk}"


def refuse_blocked(case: Any, actor: User) -> str:
    return "此件已被冻结，请先解冻。" if case.is_blocked else ""


FLOW = Workflow(
    key="papers",
    states=STATES,
    start="draft",
    final=("closed",),
    transitions=(
        Transition(
            name="file",
            label="立案",
            source=("draft",),
            target="filed",
            permission="core.file_paper",
            starts=("papers.decide",),
        ),
        Transition(
            name="decide",
            label="决定",
            source=("filed",),
            target="decided",
            permission="core.decide_paper",
            required=("decision",),
            optional=("amount",),
            guard=refuse_blocked,
            meets=("papers.decide",),
            starts=("papers.pay",),
        ),
        Transition(
            name="close",
            label="结案",
            source=("decided",),
            target="closed",
            permission="core.close_paper",
            needs_note=True,
        ),
    ),
)


def make_table() -> None:
    """Once for a test database, which may be used again."""
    if Paper._meta.db_table not in connection.introspection.table_names():
        with connection.schema_editor() as editor:
            editor.create_model(Paper)


def make_permissions() -> dict[str, Permission]:
    ContentType.objects.clear_cache()  # an earlier test's row was rolled back
    kind = ContentType.objects.get_or_create(app_label="core", model="paper")[0]
    names = {"view_paper": "查看", **{f"{verb}_paper": label for verb, label in VERBS.items()}}
    return {
        codename: Permission.objects.get_or_create(codename=codename, content_type=kind, defaults={"name": name})[0]
        for codename, name in names.items()
    }
