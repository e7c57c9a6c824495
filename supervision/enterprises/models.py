"""The enterprise file: what an enterprise is, who answers for it, and how its operation changed."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.gis.geos import Point
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from core.freshness import Verified
from geo.models import Region, ScopedQuerySet, Site
from layers.search import trigram_index
from supervision.enterprises.industries import industry_text


class Enterprise(Verified):
    """An enterprise under safety supervision 企业; its name, address, region and place are those of its site."""

    REGION_PATH: ClassVar[str] = "site__region"
    SITE_PATH: ClassVar[str] = "site"

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
    version = models.PositiveIntegerField("版本", default=1)
    created_at = models.DateTimeField("登记时间", default=timezone.now, editable=False)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "企业"
        permissions = (("verify_enterprise", "核实企业信息"), ("set_status_enterprise", "变更经营状态"))
        constraints = (
            models.CheckConstraint(condition=Q(categories__len__gt=0), name="enterprise_has_a_category"),
            models.CheckConstraint(condition=Q(credit_code__regex=r"^[0-9A-Z]{18}$"), name="enterprise_credit_code"),
        )
        indexes = (
            models.Index(fields=["status"], name="enterprise_by_status"),
            models.Index(fields=["platform_joined_on"], name="enterprise_by_joining"),
            models.Index(fields=["verified_at"], name="enterprise_by_verification"),
            GinIndex(fields=["categories"], name="enterprise_by_categories"),
            trigram_index("credit_code"),
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


class Contact(models.Model):
    """One person answering for an enterprise in one capacity, from a day until they left 联系人. Personal data."""

    REGION_PATH: ClassVar[str] = "enterprise__site__region"
    SITE_PATH: ClassVar[str] = "enterprise"

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
