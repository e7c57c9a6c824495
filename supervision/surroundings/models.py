"""What lies around dangerous plants and must be kept from harm. How many live where is geo.models.Population."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.gis.geos import Point
from django.db import models

from core.freshness import Verified
from geo.models import Region, ScopedQuerySet, Site
from supervision.surroundings.classes import Category, TargetClass


class ProtectedSite(Verified):
    """A place with people or things to be protected 防护目标; its name, address, region and point are its site's."""

    REGION_PATH: ClassVar[str] = "site__region"
    SITE_PATH: ClassVar[str] = ""
    IDENTITY_PATHS: ClassVar[dict[str, str]] = {"name": "site__name"}
    PERSONAL: ClassVar[tuple[str, ...]] = ("contact_name", "contact_phone")

    site = models.OneToOneField(
        Site, primary_key=True, on_delete=models.PROTECT, related_name="protected", verbose_name="场所"
    )
    category = models.CharField("类型", max_length=12, choices=Category.choices)
    target_class = models.CharField("防护目标类别", max_length=10, choices=TargetClass.choices)
    persons = models.PositiveIntegerField("人数（可容纳或常住）", default=0)
    households = models.PositiveIntegerField("户数", null=True, blank=True)
    contact_name = models.CharField("联系人", max_length=40, blank=True)
    contact_phone = models.CharField("联系电话", max_length=30, blank=True)
    remark = models.CharField("备注", max_length=300, blank=True)
    is_illustrative = models.BooleanField("示意数据", default=False, editable=False)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "防护目标"
        permissions = [("verify_protectedsite", "核实防护目标")]
        indexes = [models.Index(fields=["target_class"], name="protectedsite_class")]

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
