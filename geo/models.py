"""Where things are: regions, places, roads, and what every mapped row has in common.

Geometry is stored in CGCS2000 (EPSG:4490) and measured as geography; `geom_3857` is generated for tiles.
"""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.contrib.gis.db import models
from django.contrib.gis.db.models.functions import Transform
from django.db.models import QuerySet

from geo.coordinates import Datum
from geo.scope import Viewer

CGCS2000 = 4490


def tile_geometry(field: type[models.GeometryField[Any, Any]] = models.PointField) -> models.GeneratedField:
    """The Web Mercator copy that tiles are cut from, kept by the database itself."""
    return models.GeneratedField(
        expression=Transform("geom", 3857), output_field=field(srid=3857), db_persist=True, editable=False
    )


class ScopedQuerySet(QuerySet[Any]):
    """For rows that belong somewhere: the one place that decides who sees which."""

    def visible_to(self, user: Viewer) -> Self:
        scope = user.scope
        if scope.site_id is not None:
            path = self.model.SITE_PATH
            return self.filter(**{path: scope.site_id}) if path else self.none()
        if scope.region_ids is None:
            return self
        # In order: who sees the same asks by the same SQL, in every process.
        return self.filter(**{f"{self.model.REGION_PATH}__in": sorted(scope.region_ids)})

    def inside(self, region: Region) -> Self:
        """Rows of this region and of everything below it."""
        return self.filter(**{f"{self.model.REGION_PATH}__path__startswith": region.path})


class Region(models.Model):
    """A node of the tree of divisions 行政区划. `path` ends in a slash, so a prefix match means "within".

    Functional zones 功能区 are nodes of their own beside the counties, so nothing is counted twice;
    `admin_parent` says which county their ground lies in.
    """

    class Kind(models.TextChoices):
        CITY = "city", "市"
        COUNTY = "county", "县区"
        ZONE = "zone", "功能区"
        TOWN = "town", "镇街"

    code = models.CharField("区划代码", max_length=12, unique=True)
    name = models.CharField("名称", max_length=60)
    short_name = models.CharField("简称", max_length=20)
    kind = models.CharField("类型", max_length=10, choices=Kind.choices)
    path = models.CharField(max_length=60, unique=True)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    admin_parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="zones")
    geom = models.MultiPolygonField("边界", srid=CGCS2000, null=True)
    label_point = models.PointField(srid=CGCS2000, null=True)
    is_illustrative = models.BooleanField("示意边界", default=False)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["order", "code"]
        verbose_name = verbose_name_plural = "行政区划"

    def __str__(self) -> str:
        return self.name


class Mapped(models.Model):
    """A row with a place of its own on the map. Subclasses may set another geometry field named `geom`."""

    REGION_PATH: ClassVar[str] = "region"
    SITE_PATH: ClassVar[str] = ""

    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+", verbose_name="所属区划")
    geom = models.PointField("位置", srid=CGCS2000)
    geom_3857 = tile_geometry()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        abstract = True


class Site(Mapped):
    """A place several modules talk about 场所: an enterprise, a school, a hospital, a residential area."""

    class Kind(models.TextChoices):
        ENTERPRISE = "enterprise", "企业"
        SCHOOL = "school", "学校"
        HOSPITAL = "hospital", "医院"
        RESIDENTIAL = "residential", "居住区"
        OTHER = "other", "其他"

    SITE_PATH = "pk"

    kind = models.CharField("类型", max_length=12, choices=Kind.choices, default=Kind.ENTERPRISE)
    name = models.CharField("名称", max_length=120)
    pinyin = models.CharField("拼音首字母", max_length=120, default="", editable=False)
    address = models.CharField("地址", max_length=200, blank=True)
    datum = models.CharField("来源坐标系", max_length=10, choices=Datum.choices, default=Datum.CGCS2000)

    class Meta:
        verbose_name = verbose_name_plural = "场所"

    def __str__(self) -> str:
        return self.name


class GeographyArea(models.Func):
    """Square metres on the ellipsoid."""

    template = "ST_Area((%(expressions)s)::geography)"
    output_field = models.FloatField()


class Population(Mapped):
    """An area and how many people live in it 人口分布: a village, a quarter, a cell of a grid.

    `area_m2` is kept by the database: a part of the area stands for the same part of its people.
    """

    name = models.CharField("名称", max_length=120)
    pinyin = models.CharField("拼音首字母", max_length=120, default="", blank=True, editable=False)
    geom = models.MultiPolygonField("范围", srid=CGCS2000)  # type: ignore[assignment]  # as Mapped says
    geom_3857 = tile_geometry(models.MultiPolygonField)
    area_m2 = models.GeneratedField(
        expression=GeographyArea("geom"),
        output_field=models.FloatField("面积（平方米）"),
        db_persist=True,
        editable=False,
        verbose_name="面积（平方米）",
    )
    persons = models.PositiveIntegerField("常住人口")
    source = models.CharField("数据来源", max_length=120, blank=True)
    as_of = models.DateField("统计日期")
    is_illustrative = models.BooleanField("示意数据", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "人口分布"
        constraints = [models.CheckConstraint(condition=models.Q(area_m2__gt=0), name="population_has_ground")]

    def __str__(self) -> str:
        return self.name

    @property
    def density(self) -> float:
        """Persons a square kilometre."""
        return float(self.persons / (self.area_m2 / 1_000_000))


class RoadNode(models.Model):
    """A junction of the road network."""

    geom = models.PointField(srid=CGCS2000)

    class Meta:
        verbose_name = verbose_name_plural = "道路节点"


class RoadEdge(models.Model):
    """One stretch of road between two junctions, in pgRouting's shape: source, target, cost, reverse cost.

    `cost_s` and `reverse_cost_s` are driving seconds, negative when closed that way.
    """

    source = models.ForeignKey(RoadNode, on_delete=models.CASCADE, related_name="+", db_column="source")
    target = models.ForeignKey(RoadNode, on_delete=models.CASCADE, related_name="+", db_column="target")
    geom = models.LineStringField(srid=CGCS2000)
    geom_3857 = tile_geometry(models.LineStringField)
    name = models.CharField("路名", max_length=60, blank=True)
    kind = models.CharField("等级", max_length=16)
    length_m = models.FloatField()
    cost_s = models.FloatField()
    reverse_cost_s = models.FloatField()
    is_illustrative = models.BooleanField("示意", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "道路"
