"""Who acts: organisations and people."""

from __future__ import annotations

from functools import cached_property
from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models

from geo.models import Region, ScopedQuerySet, Site
from geo.scope import EVERYTHING, NOTHING, Scope


class Organisation(models.Model):
    """An office, town government, rescue station, enterprise or agency 单位 that people belong to."""

    class Kind(models.TextChoices):
        AUTHORITY = "authority", "应急管理部门"
        DEPARTMENT = "department", "行业主管部门"
        TOWN = "town", "镇街"
        RESCUE = "rescue", "救援队伍"
        ENTERPRISE = "enterprise", "企业"
        AGENCY = "agency", "中介机构"

    REGION_PATH: ClassVar[str] = "region"
    SITE_PATH: ClassVar[str] = ""

    name = models.CharField("名称", max_length=100)
    short_name = models.CharField("文号简称", max_length=20, blank=True, help_text="发文字号中的辖区简称，如“鲁东”。")
    kind = models.CharField("类型", max_length=12, choices=Kind.choices)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="organisations", verbose_name="所属区划")
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, verbose_name="上级单位")
    phone = models.CharField("电话", max_length=30, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "单位"
        constraints = (models.UniqueConstraint(fields=["region", "name"], name="organisation_once_per_region"),)

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):
    """A person who logs in 用户. `region` is how far they see; an enterprise account sees its `site` only."""

    name = models.CharField("姓名", max_length=40)
    phone = models.CharField("手机", max_length=20, blank=True)
    position = models.CharField("职务", max_length=40, blank=True)
    region = models.ForeignKey(Region, null=True, blank=True, on_delete=models.PROTECT, verbose_name="管辖区划")
    organisation = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="people", verbose_name="单位"
    )
    site = models.ForeignKey(
        Site, null=True, blank=True, on_delete=models.PROTECT, related_name="accounts", verbose_name="企业"
    )

    class Meta:
        verbose_name = verbose_name_plural = "用户"

    def __str__(self) -> str:
        return self.name or self.username

    @cached_property
    def scope(self) -> Scope:
        """Regions or the one site this person may see; computed once per request."""
        if not self.is_active:
            return NOTHING
        if self.site_id is not None:
            return Scope(site_id=self.site_id)
        if self.is_superuser:
            return EVERYTHING
        if self.region is None:
            return NOTHING
        if self.region.kind == Region.Kind.CITY:
            return EVERYTHING
        ids = Region.objects.filter(path__startswith=self.region.path).values_list("pk", flat=True)
        return Scope(region_ids=frozenset(ids))
