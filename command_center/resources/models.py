"""What an emergency is fought with: teams, supplies, shelters, hospitals, radios, vehicles, and how fresh it is."""

from __future__ import annotations

from typing import ClassVar, Self

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.db.models import Q
from django.utils import timezone

from core.freshness import Verified
from core.models import Organisation, User
from geo.models import CGCS2000, Mapped, ScopedQuerySet
from geo.scope import Viewer


class PublicQuerySet(ScopedQuerySet):
    """For places the public is sent to: enterprises see them all, officials those of their regions."""

    def visible_to(self, user: Viewer) -> Self:
        return self if user.scope.site_id is not None else super().visible_to(user)


class Resource(Mapped, Verified):
    """Something somebody owns and can be asked for 应急资源. The contact is personal data."""

    name = models.CharField("名称", max_length=120)
    pinyin = models.CharField("拼音首字母", max_length=120, default="", blank=True, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", verbose_name="归属单位")
    address = models.CharField("地址", max_length=200, blank=True)
    contact_name = models.CharField("联系人", max_length=40, blank=True)
    contact_phone = models.CharField("联系电话", max_length=30, blank=True)
    remark = models.CharField("备注", max_length=300, blank=True)

    # What a no-login page may correct besides the contact; each model names its own.
    CORRECTABLE: ClassVar[tuple[str, ...]] = ()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class Capability(models.TextChoices):
    """What a team can do; incident kinds ask for these."""

    FIRE = "fire", "灭火"
    HAZMAT = "hazmat", "危化处置"
    OILFIELD = "oilfield", "油气井控"
    GAS = "gas", "燃气抢修"
    COLLAPSE = "collapse", "破拆搜救"
    CONFINED = "confined", "受限空间"
    WATER = "water", "水上救援"
    FLOOD = "flood", "防汛排涝"
    MEDICAL = "medical", "医疗救护"
    TRAFFIC = "traffic", "交通清障"
    POWER = "power", "电力抢修"
    COMMUNICATION = "communication", "通信保障"
    EARTHWORK = "earthwork", "工程机械"
    ENVIRONMENT = "environment", "环境监测"


class Team(Resource):
    """One rescue team 救援队伍, asked for as a whole. `status` follows its assignment; by hand only while free."""

    class Kind(models.TextChoices):
        INTEGRATED = "integrated", "综合应急"
        FIRE = "fire", "消防救援"
        HAZMAT = "hazmat", "危化品救援"
        OILFIELD = "oilfield", "油气田救援"
        FLOOD = "flood", "防汛抢险"
        WATER = "water", "水上搜救"
        MEDICAL = "medical", "医疗救护"
        UTILITY = "utility", "市政公用抢修"
        TRAFFIC = "traffic", "交通保障"
        SOCIAL = "social", "社会力量"

    class Status(models.TextChoices):
        AVAILABLE = "available", "待命"
        DELAYED = "delayed", "延迟出动"
        UNAVAILABLE = "unavailable", "不可用"
        COMMITTED = "committed", "已指派"
        RESPONDING = "responding", "途中"
        STAGING = "staging", "集结"
        ON_SCENE = "on_scene", "在场"
        RETURNING = "returning", "返回"
        OUT_OF_SERVICE = "out_of_service", "停用"

    CORRECTABLE = ("people", "vehicles", "status")

    kind = models.CharField("类型", max_length=12, choices=Kind.choices, default=Kind.INTEGRATED)
    capabilities = ArrayField(
        models.CharField(max_length=16, choices=Capability.choices), default=list, blank=True, verbose_name="能力"
    )
    people = models.PositiveIntegerField("人数", default=0)
    vehicles = models.PositiveIntegerField("车辆数", default=0)
    vehicle_list = models.CharField("车辆", max_length=300, blank=True)
    kit = models.TextField("主要装备", blank=True)
    status = models.CharField("状态", max_length=16, choices=Status.choices, default=Status.AVAILABLE, db_index=True)
    status_since = models.DateTimeField("状态时间", default=timezone.now)

    class Meta:
        verbose_name = verbose_name_plural = "救援队伍"
        permissions = [("verify_resource", "核实应急资源"), ("set_team_status", "变更队伍状态")]

    @property
    def capability_labels(self) -> list[str]:
        return [Capability(c).label for c in self.capabilities]


class Supply(Resource):
    """A stock of one thing in one store 物资装备."""

    class Kind(models.TextChoices):
        FIREFIGHTING = "firefighting", "灭火器材"
        PROTECTION = "protection", "防护装备"
        LEAK = "leak", "堵漏器材"
        ABSORBENT = "absorbent", "吸附围控"
        NEUTRALISER = "neutraliser", "洗消中和"
        FLOOD = "flood", "防汛物资"
        RESCUE = "rescue", "破拆救生"
        LIGHTING = "lighting", "照明动力"
        MEDICINE = "medicine", "医药急救"
        LIVING = "living", "生活保障"

    CORRECTABLE = ("quantity", "expires_on")

    kind = models.CharField("类别", max_length=14, choices=Kind.choices)
    quantity = models.DecimalField("数量", max_digits=12, decimal_places=2)
    unit = models.CharField("单位", max_length=10)
    expires_on = models.DateField("有效期至", null=True, blank=True)
    store = models.CharField("存放库点", max_length=100, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "物资装备"
        constraints = (models.CheckConstraint(condition=Q(quantity__gte=0), name="supply_quantity_not_negative"),)

    @property
    def is_expired(self) -> bool:
        return self.expires_on is not None and self.expires_on < timezone.localdate()


class Shelter(Resource):
    """A place people are evacuated to 避难场所; at night fewer fit than by day."""

    class Kind(models.TextChoices):
        OUTDOOR = "outdoor", "场地型"
        INDOOR = "indoor", "场所型"

    class Status(models.TextChoices):
        READY = "ready", "可启用"
        OPEN = "open", "已启用"
        FULL = "full", "已满"
        CLOSED = "closed", "停用"

    CORRECTABLE = ("capacity_day", "capacity_night", "status")

    interval_days = models.PositiveSmallIntegerField("核实周期（天）", default=180)
    kind = models.CharField("类型", max_length=8, choices=Kind.choices, default=Kind.OUTDOOR)
    capacity_day = models.PositiveIntegerField("日间容量（人）")
    capacity_night = models.PositiveIntegerField("夜间容量（人）")
    occupants = models.PositiveIntegerField("现有人数", default=0)
    facilities = models.CharField("设施", max_length=200, blank=True)
    status = models.CharField("状态", max_length=8, choices=Status.choices, default=Status.READY)
    outline = models.PolygonField("范围", srid=CGCS2000, null=True, blank=True)

    objects = PublicQuerySet.as_manager()  # type: ignore[misc]  # Django replaces an inherited manager so

    class Meta:
        verbose_name = verbose_name_plural = "避难场所"


class MedicalPoint(Resource):
    """A hospital or first-aid station 医疗资源."""

    class Level(models.TextChoices):
        TERTIARY = "tertiary", "三级医院"
        SECONDARY = "secondary", "二级医院"
        PRIMARY = "primary", "一级医院"
        STATION = "station", "急救站"

    class Status(models.TextChoices):
        AVAILABLE = "available", "可接收"
        BUSY = "busy", "接近饱和"
        UNAVAILABLE = "unavailable", "不可接收"

    CORRECTABLE = ("beds", "ambulances", "status")

    interval_days = models.PositiveSmallIntegerField("核实周期（天）", default=30)
    level = models.CharField("等级", max_length=10, choices=Level.choices)
    beds = models.PositiveIntegerField("床位", default=0)
    ambulances = models.PositiveIntegerField("救护车", default=0)
    specialties = models.CharField("专科", max_length=200, blank=True)
    status = models.CharField("状态", max_length=12, choices=Status.choices, default=Status.AVAILABLE)

    objects = PublicQuerySet.as_manager()  # type: ignore[misc]  # Django replaces an inherited manager so

    class Meta:
        verbose_name = verbose_name_plural = "医疗资源"


class AssetStatus(models.TextChoices):
    AVAILABLE = "available", "可用"
    IN_USE = "in_use", "使用中"
    FAULTY = "faulty", "故障停用"


class CommunicationAsset(Resource):
    """Radios, satellite terminals, relay vehicles 通信资源."""

    class Kind(models.TextChoices):
        SATELLITE = "satellite", "卫星终端"
        RADIO = "radio", "集群电台"
        VEHICLE = "vehicle", "应急通信车"
        DRONE = "drone", "无人机中继"

    CORRECTABLE = ("quantity", "status")

    interval_days = models.PositiveSmallIntegerField("核实周期（天）", default=30)
    kind = models.CharField("类型", max_length=10, choices=Kind.choices)
    quantity = models.PositiveIntegerField("数量", default=1)
    channel = models.CharField("频道或号码", max_length=60, blank=True)
    status = models.CharField("状态", max_length=10, choices=AssetStatus.choices, default=AssetStatus.AVAILABLE)

    class Meta:
        verbose_name = verbose_name_plural = "通信资源"


class TransportAsset(Resource):
    """Buses, lorries, cranes, tankers and boats that can be called on 运输资源."""

    class Kind(models.TextChoices):
        BUS = "bus", "客车"
        LORRY = "lorry", "货车"
        CRANE = "crane", "吊装清障车"
        TANKER = "tanker", "罐车"
        BOAT = "boat", "船艇"

    CORRECTABLE = ("quantity", "status")

    kind = models.CharField("类型", max_length=8, choices=Kind.choices)
    quantity = models.PositiveIntegerField("数量", default=1)
    capacity = models.CharField("运力", max_length=60, blank=True)
    status = models.CharField("状态", max_length=10, choices=AssetStatus.choices, default=AssetStatus.AVAILABLE)

    class Meta:
        verbose_name = verbose_name_plural = "运输资源"


class ConfirmLink(models.Model):
    """A link sent to a resource's owner who has no account 免登录核实链接: one record, one answer, a limited time."""

    target_type = models.ForeignKey(ContentType, on_delete=models.PROTECT, related_name="+")
    target_id = models.BigIntegerField()
    target = GenericForeignKey("target_type", "target_id")
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("生成时间", auto_now_add=True)
    expires_at = models.DateTimeField("失效时间")
    used_at = models.DateTimeField("使用时间", null=True)
    hour = models.DateTimeField("计次起点", null=True)
    visits = models.PositiveIntegerField("一小时内打开次数", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "免登录核实链接"


TYPES: tuple[type[Resource], ...] = (Team, Supply, Shelter, MedicalPoint, CommunicationAsset, TransportAsset)
