"""The enterprise file: what an enterprise is, who answers for it, and how its operation changed."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.contrib.gis.geos import Point
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from core.freshness import Verified
from core.models.workflow import Case
from geo.models import Region, ScopedQuerySet, Site
from layers.search import trigram_index
from supervision.enterprises.industries import industry_text
from supervision.enterprises.workflow import ENTERPRISE

# The file states in which an enterprise counts: what the register, the map and the statistics show.
IN_REGISTER = ("valid", "due", "closed")


class EnterpriseQuerySet(ScopedQuerySet):
    def in_register(self) -> Self:
        """Without drafts, applications, and files that were cancelled or merged into another."""
        return self.filter(state__in=IN_REGISTER)


class Enterprise(Case, Verified):
    """An enterprise under safety supervision 企业; its name, address, region and place are those of its site.

    `state` is that of the file 档案状态, `status` that of the enterprise's operation 经营状态.
    """

    REGION_PATH: ClassVar[str] = "site__region"
    SITE_PATH: ClassVar[str] = "site"
    COMPUTED: ClassVar[tuple[str, ...]] = ("freshness_score", "provenance")  # kept by the platform, see core.imports

    class Category(models.TextChoices):
        """The five supervision categories 监管分类; an enterprise may have several, the first is its main one."""

        TRADE = "trade", "工矿商贸"
        CHEMICAL = "chemical", "危险化学品"
        FIREWORKS = "fireworks", "烟花爆竹"
        MINE = "mine", "非煤矿山"
        OTHER = "other", "其他"

    class Status(models.TextChoices):
        OPERATING = "operating", "营业"
        SUSPENDED = "suspended", "停产停业"
        CLOSED = "closed", "关闭"

    class Scale(models.TextChoices):
        """《统计上大中小微型企业划分办法（2017）》(国统字〔2017〕213号)."""

        LARGE = "large", "大型"
        MEDIUM = "medium", "中型"
        SMALL = "small", "小型"
        MICRO = "micro", "微型"

    class Tag(models.TextChoices):
        """What later modules match on: templates, permits, plans, models."""

        CHEMICAL_PRODUCTION = "chemical_production", "危化品生产"
        CHEMICAL_USE = "chemical_use", "危化品使用"
        CHEMICAL_STORAGE_TRADE = "chemical_storage_trade", "危化品经营（有储存）"
        CHEMICAL_TRADE = "chemical_trade", "危化品经营（无储存）"
        FILLING_STATION = "filling_station", "加油加气站"
        KEY_PROCESS = "key_process", "重点监管危险化工工艺"
        KEY_CHEMICAL = "key_chemical", "重点监管危险化学品"
        MAJOR_HAZARD = "major_hazard", "重大危险源"
        DUST = "dust", "粉尘涉爆"
        AMMONIA = "ammonia", "涉氨制冷"
        CONFINED_SPACE = "confined_space", "有限空间"
        MOLTEN_METAL = "molten_metal", "高温熔融金属"
        GAS = "gas", "工业煤气"
        CROWDED = "crowded", "人员密集场所"

    state = models.CharField(
        "档案状态", max_length=40, choices=ENTERPRISE.choices, default="valid", db_index=True, editable=False
    )
    site = models.OneToOneField(
        Site, primary_key=True, on_delete=models.PROTECT, related_name="enterprise", verbose_name="场所"
    )
    credit_code = models.CharField("统一社会信用代码", max_length=18, unique=True)
    categories = ArrayField(
        models.CharField(max_length=10, choices=Category.choices), verbose_name="监管分类", max_length=5
    )
    category = models.GeneratedField(
        verbose_name="主要监管分类",
        expression=Coalesce(F("categories__0"), Value("")),
        output_field=models.CharField(max_length=10),
        choices=Category.choices,
        db_persist=True,
    )
    industry_code = models.CharField("国民经济行业代码", max_length=4)
    status = models.CharField("经营状态", max_length=10, choices=Status.choices, default=Status.OPERATING)
    employees = models.PositiveIntegerField("从业人数", default=0)
    founded_on = models.DateField("成立日期", null=True, blank=True)
    platform_joined_on = models.DateField("纳入平台日期")
    business = models.CharField("主要产品或业务", max_length=200, blank=True)
    tags = ArrayField(
        models.CharField(max_length=24, choices=Tag.choices), verbose_name="风险标签", default=list, blank=True
    )
    scale = models.CharField("企业规模", max_length=8, choices=Scale.choices, blank=True)
    legal_form = models.CharField("企业类型", max_length=40, blank=True)
    capital_wan = models.DecimalField("注册资本（万元）", max_digits=14, decimal_places=2, null=True, blank=True)
    safety_officers = models.PositiveIntegerField("专职安全管理人员", default=0)
    certified_staff = models.PositiveIntegerField("特种作业持证人数", default=0)
    registered_region = models.ForeignKey(
        Region, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name="登记所属区划"
    )
    # Kept by `due.refresh`: what lists, themes and counts ask of two hundred thousand files at once.
    licence_expires_on = models.DateField("最早到期的证照", null=True, editable=False)
    drill_due_on = models.DateField("下次应演练", null=True, editable=False)
    # {fact: {"source", "by", "at", "doubt"?}}: only the facts whose origin is not that of the file as a whole.
    provenance = models.JSONField("各项来源", default=dict, editable=False)
    freshness_score = models.PositiveSmallIntegerField("鲜活度", default=0, editable=False)
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="absorbed", editable=False,
        verbose_name="并入档案",
    )  # fmt: skip
    # Names and codes of files merged into this one, and those it gave up for theirs: searched, one a line.
    former = models.TextField("曾用名称和代码", default="", editable=False)

    objects = EnterpriseQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "企业"
        permissions = (
            ("verify_enterprise", "核实企业信息"),
            ("set_status_enterprise", "变更经营状态"),
            ("apply_enterprise", "申请企业入库"),
            ("approve_enterprise", "审核企业档案"),
            ("lapse_enterprise", "将逾期档案转为待更新"),
        )
        constraints = (
            models.CheckConstraint(condition=Q(categories__len__gt=0), name="enterprise_has_a_category"),
            models.CheckConstraint(condition=Q(state__in=tuple(ENTERPRISE.states)), name="enterprise_state_known"),
            models.CheckConstraint(condition=Q(credit_code__regex=r"^[0-9A-Z]{18}$"), name="enterprise_credit_code"),
        )
        indexes = (
            models.Index(fields=["status"], name="enterprise_by_status"),
            models.Index(fields=["platform_joined_on"], name="enterprise_by_joining"),
            models.Index(fields=["verified_at"], name="enterprise_by_verification"),
            models.Index(fields=["freshness_score"], name="enterprise_by_freshness"),
            models.Index(fields=["licence_expires_on"], name="enterprise_by_licence_expiry"),
            models.Index(fields=["drill_due_on"], name="enterprise_by_drill_due"),
            GinIndex(fields=["categories"], name="enterprise_by_categories"),
            GinIndex(fields=["tags"], name="enterprise_by_tags"),
            trigram_index("credit_code"),
            trigram_index("former"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return self.site.name

    @property
    def region(self) -> Region:
        return self.site.region

    @property
    def geom(self) -> Point:
        return self.site.geom

    @property
    def category_labels(self) -> str:
        return "、".join(str(self.Category(key).label) for key in self.categories)

    @property
    def industry(self) -> str:
        return industry_text(self.industry_code)

    def event_facts(self) -> dict[str, Any]:
        """On the map the state of an enterprise is its category."""
        geom = self.site.geom
        return {
            "state": self.category,
            "file_state": self.state,
            "status": self.status,
            "is_stale": self.is_stale,
            "lon": geom.x,
            "lat": geom.y,
        }


class Contact(Verified):
    """One person answering for an enterprise in one capacity, from a day until they left 联系人. Personal data."""

    REGION_PATH: ClassVar[str] = "enterprise__site__region"
    SITE_PATH: ClassVar[str] = "enterprise"
    IDENTITY_PATHS: ClassVar[dict[str, str]] = {"credit_code": "enterprise__credit_code"}

    class Role(models.TextChoices):
        LEGAL = "legal", "法定代表人"
        PRINCIPAL = "principal", "主要负责人"
        SAFETY = "safety", "安全管理负责人"
        EMERGENCY = "emergency", "应急值守联系人"

    enterprise = models.ForeignKey(Enterprise, on_delete=models.PROTECT, related_name="contacts", verbose_name="企业")
    role = models.CharField("身份", max_length=10, choices=Role.choices)
    name = models.CharField("姓名", max_length=40)
    phone = models.CharField("电话", max_length=20, blank=True)
    since = models.DateField("任职起")
    left_on = models.DateField("离任", null=True, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "企业联系人"
        constraints = (
            models.UniqueConstraint(
                fields=["enterprise", "role"], condition=Q(left_on__isnull=True), name="contact_one_current_per_role"
            ),
            models.CheckConstraint(condition=Q(left_on__gte=F("since")), name="contact_leaves_after_it_starts"),
        )

    def __str__(self) -> str:
        return f"{self.get_role_display()} {self.name}"

    @property
    def credit_code(self) -> str:
        return self.enterprise.credit_code


class StatusChange(models.Model):
    """One change of an enterprise's operating status, and why. Rows are only ever added."""

    REGION_PATH: ClassVar[str] = "enterprise__site__region"
    SITE_PATH: ClassVar[str] = "enterprise"

    enterprise = models.ForeignKey(Enterprise, on_delete=models.PROTECT, related_name="status_changes")
    status = models.CharField("经营状态", max_length=10, choices=Enterprise.Status.choices)
    since = models.DateField("自")
    reason = models.CharField("原因", max_length=200, blank=True)
    actor = models.ForeignKey("core.User", null=True, on_delete=models.PROTECT, related_name="+", verbose_name="登记人")
    at = models.DateTimeField("登记时间", default=timezone.now, editable=False)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ("-since", "-pk")
        verbose_name = verbose_name_plural = "经营状态变化"

    def __str__(self) -> str:
        return f"{self.since} {self.get_status_display()}"
