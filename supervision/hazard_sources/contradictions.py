"""What an enterprise's file and its hazard sources say against each other; listed with its other contradictions."""

from __future__ import annotations

from django.db.models import CharField, Exists, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Concat

from supervision.enterprises import lifecycle
from supervision.enterprises.contradictions import rule
from supervision.enterprises.models import Boundary, Enterprise
from supervision.hazard_sources.models import HazardSource

Files = QuerySet[Enterprise]
TAG = Enterprise.Tag.MAJOR_HAZARD


def in_force() -> QuerySet[HazardSource]:
    rows: QuerySet[HazardSource] = HazardSource.objects.filter(site=OuterRef("pk"), grade__isnull=False)
    return rows.exclude(state="cancelled")


def told(before: str, rows: QuerySet[HazardSource], after: str) -> Concat:
    """A sentence with the name of the gravest source."""
    name = Subquery(rows.order_by("grade", "pk").values("name")[:1])
    return Concat(Value(before), name, Value(after), output_field=CharField())


def closed_but_filed(files: Files) -> Files:
    filed = in_force().filter(state__in=("filed", "due", "submitted"))
    return files.filter(Exists(filed), status=Enterprise.Status.CLOSED).annotate(
        said=told("已关闭，但重大危险源未核销：", filed, "")
    )


def outside_the_plant(files: Files) -> Files:
    current = Boundary.objects.filter(enterprise=OuterRef("site"), replaced_at__isnull=True)
    outside = in_force().filter(Exists(current), ~Exists(current.filter(geom__intersects=OuterRef("geom"))))
    return files.filter(Exists(outside)).annotate(said=told("重大危险源", outside, "在厂界之外"))


def without_the_tag(files: Files) -> Files:
    return (
        files.filter(Exists(in_force()))
        .exclude(tags__contains=[TAG])
        .annotate(said=told("有重大危险源", in_force(), "，但没有“重大危险源”标签"))
    )


def tag_without_source(files: Files) -> Files:
    return files.filter(~Exists(in_force()), tags__contains=[TAG])


rule(
    "hazard.closed_but_filed", "企业已关闭，重大危险源未核销", closed_but_filed,
    cure="装置已停用的，办理重大危险源核销；仍在使用的，更正经营状态。",
)  # fmt: skip
rule(
    "hazard.outside_the_plant", "重大危险源在厂界之外", outside_the_plant,
    cure="核对单元的坐标和坐标系，或重新画厂界。",
)  # fmt: skip
rule(
    "hazard.without_the_tag", "有重大危险源而没有标签", without_the_tag,
    cure="在企业档案的风险标签中加上“重大危险源”。", fact="tags",
)  # fmt: skip
rule(
    "hazard.tag_without_source", "标签为重大危险源，但没有在册的重大危险源", tag_without_source,
    cure="补登重大危险源并评估分级，或去掉标签。", fact="tags",
)  # fmt: skip


def still_registered(enterprise: Enterprise) -> str:
    """A file is not cancelled over the head of a source that is still in force (令40 第二十七条: 核销 first)."""
    number = HazardSource.objects.filter(site=enterprise.site, grade__isnull=False).exclude(state="cancelled").count()
    return f"有 {number} 个重大危险源未核销，请先办理核销" if number else ""


lifecycle.ties.append(still_registered)
