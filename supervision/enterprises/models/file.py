"""What the file of an enterprise holds besides its basic facts: papers, ledger, health, rescue, drills, boundary."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.gis.db import models as gis
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from core.freshness import Verified
from geo.coordinates import Datum
from geo.models import CGCS2000, Region, ScopedQuerySet, tile_geometry
from layers.search import trigram_index
from supervision.enterprises.models.enterprise import Enterprise


class OfEnterprise(models.Model):
    """A row of one enterprise's file: seen by whoever sees the enterprise."""

    REGION_PATH: ClassVar[str] = "enterprise__site__region"
    SITE_PATH: ClassVar[str] = "enterprise"
    IDENTITY_PATHS: ClassVar[dict[str, str]] = {"credit_code": "enterprise__credit_code"}

    enterprise = models.ForeignKey(Enterprise, on_delete=models.PROTECT, related_name="%(class)ss", verbose_name="企业")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def credit_code(self) -> str:
        return self.enterprise.credit_code

    @property
    def region(self) -> Region:
        return self.enterprise.site.region


class Withdrawable(models.Model):
    """A row that was entered wrongly or holds no longer is taken out of the file, not deleted 撤下."""

    withdrawn_at = models.DateTimeField("撤下时间", null=True, blank=True, editable=False)
    withdrawn_by = models.ForeignKey(
        "core.User", null=True, on_delete=models.PROTECT, related_name="+", verbose_name="撤下人", editable=False
    )
    withdrawn_reason = models.CharField("撤下原因", max_length=200, blank=True, editable=False)

    class Meta:
        abstract = True


class Licence(Withdrawable, Verified, OfEnterprise):
    """One licence or qualification and how long it is valid 资质证照."""

    class Kind(models.TextChoices):
        BUSINESS = "business", "营业执照"
        CHEMICAL_PRODUCTION = "chemical_production", "危险化学品安全生产许可证"
        CHEMICAL_TRADE = "chemical_trade", "危险化学品经营许可证"
        CHEMICAL_USE = "chemical_use", "危险化学品安全使用许可证"
        MINE_SAFETY = "mine_safety", "非煤矿山安全生产许可证"
        FIREWORKS_WHOLESALE = "fireworks_wholesale", "烟花爆竹经营（批发）许可证"
        FIREWORKS_RETAIL = "fireworks_retail", "烟花爆竹经营（零售）许可证"
        CONSTRUCTION_SAFETY = "construction_safety", "建筑施工企业安全生产许可证"
        STANDARDISATION = "standardisation", "安全生产标准化证书"
        PRECURSOR = "precursor", "非药品类易制毒化学品备案证明"
        SPECIAL_EQUIPMENT = "special_equipment", "特种设备使用登记证"
        OTHER = "other", "其他证照"

    kind = models.CharField("证照种类", max_length=24, choices=Kind.choices)
    number = models.CharField("证照编号", max_length=60)
    issuer = models.CharField("发证机关", max_length=80, blank=True)
    scope = models.CharField("许可范围", max_length=200, blank=True)
    issued_on = models.DateField("发证日期", null=True, blank=True)
    expires_on = models.DateField("有效期至", null=True, blank=True, help_text="留空表示长期有效")
    revoked_on = models.DateField("注销或吊销日期", null=True, blank=True)
    # Neither revoked nor withdrawn nor followed by a later one of its kind: kept by `papers.due`.
    is_current = models.BooleanField("现行", default=True, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "资质证照"
        ordering = ("kind", "-issued_on", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=("enterprise", "kind", "number"),
                condition=Q(withdrawn_at__isnull=True),
                name="licence_once_per_enterprise",
            ),
            models.CheckConstraint(condition=Q(expires_on__gte=F("issued_on")), name="licence_ends_after_it_begins"),
        )
        indexes = (
            models.Index(fields=("expires_on",), name="licence_by_expiry"),
            models.Index(fields=("expires_on",), condition=Q(is_current=True), name="licence_current_by_expiry"),
            trigram_index("number"),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}"

    @property
    def days_left(self) -> int | None:
        return (self.expires_on - timezone.localdate()).days if self.expires_on else None

    @property
    def validity(self) -> str:
        """In words, by the day: 已过期 12 天."""
        if self.revoked_on:
            return "已注销"
        if self.withdrawn_at:
            return "已撤下"
        if not self.is_current:
            return "已换证"
        days = self.days_left
        if days is None:
            return "长期有效"
        if days < 0:
            return f"已过期 {-days} 天"
        return "今天到期" if days == 0 else f"还有 {days} 天到期"


class LedgerEntry(Withdrawable, OfEnterprise):
    """One line of the safety-management ledger 安全生产管理台账."""

    class Kind(models.TextChoices):
        RULES = "rules", "规章制度"
        ORGANISATION = "organisation", "安全管理机构与人员"
        MEETING = "meeting", "安全会议"
        TRAINING = "training", "教育培训"
        SPENDING = "spending", "安全投入"
        SELF_CHECK = "self_check", "自查自纠"
        SPECIAL_STAFF = "special_staff", "特种作业人员"
        SPECIAL_EQUIPMENT = "special_equipment", "特种设备"
        PROTECTION = "protection", "劳动防护用品"
        CONTRACTOR = "contractor", "相关方管理"
        ACCIDENT = "accident", "事故与事件"
        OTHER = "other", "其他"

    enterprise = models.ForeignKey(Enterprise, on_delete=models.PROTECT, related_name="ledger", verbose_name="企业")
    kind = models.CharField("类别", max_length=20, choices=Kind.choices)
    title = models.CharField("事项", max_length=120)
    happened_on = models.DateField("日期")
    persons = models.PositiveIntegerField("人数", null=True, blank=True)
    amount_yuan = models.DecimalField("金额（元）", max_digits=14, decimal_places=2, null=True, blank=True)
    valid_until = models.DateField("有效期至", null=True, blank=True)
    note = models.CharField("说明", max_length=400, blank=True)
    source = models.CharField("来源", max_length=60, blank=True, editable=False)
    recorded_by = models.ForeignKey(
        "core.User", null=True, on_delete=models.PROTECT, related_name="+", verbose_name="登记人"
    )
    recorded_at = models.DateTimeField("登记时间", default=timezone.now, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "安全管理台账"
        ordering = ("-happened_on", "-pk")

    def __str__(self) -> str:
        return f"{self.get_kind_display()}：{self.title}"


class HealthFactor(Withdrawable, Verified, OfEnterprise):
    """One occupational hazard factor at a workplace, who is exposed, and the last test 职业健康."""

    class Kind(models.TextChoices):
        """《职业病危害因素分类目录》(国卫疾控发〔2015〕92号) 的六类。"""

        DUST = "dust", "粉尘"
        CHEMICAL = "chemical", "化学因素"
        PHYSICAL = "physical", "物理因素"
        RADIATION = "radiation", "放射性因素"
        BIOLOGICAL = "biological", "生物因素"
        OTHER = "other", "其他因素"

    kind = models.CharField("因素类别", max_length=12, choices=Kind.choices)
    factor = models.CharField("危害因素", max_length=60)
    workplace = models.CharField("工作场所", max_length=80)
    exposed_persons = models.PositiveIntegerField("接触人数", default=0)
    tested_on = models.DateField("最近检测日期", null=True, blank=True)
    is_within_limit = models.BooleanField("检测合格", null=True, blank=True)
    examined_persons = models.PositiveIntegerField("体检人数", null=True, blank=True)
    examined_on = models.DateField("最近体检日期", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "职业病危害因素"
        ordering = ("kind", "workplace")
        constraints = (
            models.UniqueConstraint(
                fields=("enterprise", "factor", "workplace"),
                condition=Q(withdrawn_at__isnull=True),
                name="health_factor_once_a_place",
            ),
        )

    def __str__(self) -> str:
        return f"{self.workplace} {self.factor}"


class RescueFact(Withdrawable, Verified, OfEnterprise):
    """Something rescuers must know before they drive in, with its place if it has one 应急救援信息."""

    class Kind(models.TextChoices):
        GATE = "gate", "出入口"
        ROUTE = "route", "救援通道"
        WATER = "water", "消防水源"
        VALVE = "valve", "紧急切断装置"
        KEY_PART = "key_part", "重点部位"
        ASSEMBLY = "assembly", "集合点"
        KIT = "kit", "厂内应急物资"
        TACTICS = "tactics", "处置要点"

    kind = models.CharField("类别", max_length=12, choices=Kind.choices)
    title = models.CharField("名称", max_length=80)
    detail = models.CharField("内容", max_length=400, blank=True)
    geom = gis.PointField("位置", srid=CGCS2000, null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "应急救援信息"
        ordering = ("kind", "pk")

    def __str__(self) -> str:
        return f"{self.get_kind_display()}：{self.title}"


class Drill(Withdrawable, OfEnterprise):
    """One emergency drill an enterprise held 应急演练."""

    class Kind(models.TextChoices):
        COMPREHENSIVE = "comprehensive", "综合应急预案演练"
        SPECIAL = "special", "专项应急预案演练"
        ON_SITE = "on_site", "现场处置方案演练"

    class Form(models.TextChoices):
        TABLETOP = "tabletop", "桌面演练"
        FIELD = "field", "实战演练"

    class Result(models.TextChoices):
        GOOD = "good", "达到预期"
        FAIR = "fair", "基本达到"
        POOR = "poor", "未达到"

    kind = models.CharField("演练种类", max_length=16, choices=Kind.choices)
    form = models.CharField("演练形式", max_length=10, choices=Form.choices, default=Form.FIELD)
    plan_name = models.CharField("依据预案", max_length=120)
    subject = models.CharField("演练内容", max_length=120)
    held_on = models.DateField("演练日期")
    participants = models.PositiveIntegerField("参加人数")
    result = models.CharField("评估结论", max_length=6, choices=Result.choices, blank=True)
    evaluation = models.CharField("评估意见", max_length=400, blank=True)
    evaluated_on = models.DateField("评估日期", null=True, blank=True)
    source = models.CharField("来源", max_length=60, blank=True, editable=False)
    recorded_by = models.ForeignKey(
        "core.User", null=True, on_delete=models.PROTECT, related_name="+", verbose_name="登记人"
    )
    recorded_at = models.DateTimeField("登记时间", default=timezone.now, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "应急演练"
        ordering = ("-held_on", "-pk")
        constraints = (
            models.CheckConstraint(condition=Q(participants__gt=0), name="drill_has_participants"),
            models.CheckConstraint(condition=Q(evaluated_on__gte=F("held_on")), name="drill_evaluated_after_it"),
        )
        indexes = (models.Index(fields=("held_on",), name="drill_by_day"),)

    def __str__(self) -> str:
        return f"{self.held_on} {self.subject}"


class Boundary(Verified):
    """The outline of a plant 厂界, drawn on the map or imported; the one it replaces stays in the file."""

    REGION_PATH: ClassVar[str] = "region"
    SITE_PATH: ClassVar[str] = "enterprise"
    IDENTITY_PATHS: ClassVar[dict[str, str]] = {"credit_code": "enterprise__credit_code"}

    enterprise = models.ForeignKey(Enterprise, on_delete=models.PROTECT, related_name="boundaries", verbose_name="企业")
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+", verbose_name="所属区划")
    geom = gis.MultiPolygonField("厂界", srid=CGCS2000)
    geom_3857 = tile_geometry(gis.MultiPolygonField)
    datum = models.CharField("来源坐标系", max_length=10, choices=Datum.choices, default=Datum.CGCS2000)
    area_m2 = models.FloatField("面积（平方米）")
    drawn_by = models.ForeignKey(
        "core.User", null=True, on_delete=models.PROTECT, related_name="+", verbose_name="绘制人"
    )
    drawn_at = models.DateTimeField("绘制时间", default=timezone.now, editable=False)
    replaced_at = models.DateTimeField("被替换时间", null=True, blank=True, editable=False)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "厂界"
        constraints = (
            models.UniqueConstraint(
                fields=("enterprise",), condition=Q(replaced_at__isnull=True), name="boundary_one_current"
            ),
            models.CheckConstraint(condition=Q(area_m2__gt=0), name="boundary_has_an_area"),
        )

    def __str__(self) -> str:
        return f"{self.enterprise} 厂界"

    @property
    def credit_code(self) -> str:
        return self.enterprise.credit_code

    @property
    def site(self) -> object:
        return self.enterprise.site
