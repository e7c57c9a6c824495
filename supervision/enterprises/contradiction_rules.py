"""The contradictions that the enterprise file can have by itself."""

from __future__ import annotations

from django.db.models import CharField, Count, DateField, Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Concat, Length, StrIndex
from django.utils import timezone

from supervision.enterprises.contradictions import rule
from supervision.enterprises.models import Boundary, Contact, Drill, Enterprise, LedgerEntry, Licence, StatusChange

Files = QuerySet[Enterprise]
Kind, Tag, Status = Licence.Kind, Enterprise.Tag, Enterprise.Status
PERMITS = (
    Kind.CHEMICAL_PRODUCTION, Kind.CHEMICAL_TRADE, Kind.CHEMICAL_USE, Kind.MINE_SAFETY, Kind.FIREWORKS_WHOLESALE,
    Kind.FIREWORKS_RETAIL, Kind.CONSTRUCTION_SAFETY,
)  # fmt: skip
CHEMICAL_PERMITS = (Kind.CHEMICAL_PRODUCTION, Kind.CHEMICAL_TRADE, Kind.CHEMICAL_USE)
# 《危险化学品安全管理条例》: production, use above the threshold and trade each need their permit.
NEED_PERMIT = [Tag.CHEMICAL_PRODUCTION, Tag.CHEMICAL_USE, Tag.CHEMICAL_STORAGE_TRADE, Tag.CHEMICAL_TRADE]
MANY = 5
# 30 m on the ground, in Web Mercator metres at 37.5° N: a gate is often what the point marks.
GATE = 38


def licences(*kinds: str) -> QuerySet[Licence]:
    """Licences of an enterprise that nobody has revoked."""
    rows = Licence.objects.filter(enterprise=OuterRef("pk"), revoked_on__isnull=True, withdrawn_at__isnull=True)
    return rows.filter(kind__in=kinds) if kinds else rows


def alive() -> Q:
    return Q(expires_on__isnull=True) | Q(expires_on__gte=timezone.localdate())


def sentence(*parts: object) -> Concat:
    return Concat(
        *(part if hasattr(part, "resolve_expression") else Value(part) for part in parts), output_field=CharField()
    )


def text(name: str) -> Cast:
    return Cast(F(name), CharField())


def closed_with_permits(files: Files) -> Files:
    live = licences(*PERMITS).filter(alive())
    return files.filter(Exists(live), status=Status.CLOSED).annotate(
        said=sentence("已关闭，但证照仍有效：", Subquery(live.values("number")[:1]))
    )


def cancelled_but_operating(files: Files) -> Files:
    return files.filter(state="cancelled", status=Status.OPERATING)


def closed_file_still_operating(files: Files) -> Files:
    return files.filter(state="closed", status=Status.OPERATING)


def later_records(files: Files) -> Files:
    closing = StatusChange.objects.filter(enterprise=OuterRef("pk"), status=Status.CLOSED).order_by("-since", "-pk")
    files = files.filter(status=Status.CLOSED).annotate(closing=Subquery(closing.values("since")[:1]))
    drills = Drill.objects.filter(enterprise=OuterRef("pk"), withdrawn_at=None, held_on__gt=OuterRef("closing"))
    lines = LedgerEntry.objects.filter(
        enterprise=OuterRef("pk"), withdrawn_at=None, happened_on__gt=OuterRef("closing")
    )
    return files.filter(Exists(drills) | Exists(lines)).annotate(
        said=sentence("于 ", Cast("closing", CharField()), " 关闭，之后仍有演练或台账记录")
    )


def certificates_without_staff(files: Files) -> Files:
    return files.filter(employees=0, certified_staff__gt=0).annotate(
        said=sentence("从业人数为 0，却有特种作业持证 ", text("certified_staff"), " 人")
    )


def more_certified_than_staff(files: Files) -> Files:
    return files.filter(employees__gt=0, certified_staff__gt=F("employees")).annotate(
        said=sentence("特种作业持证 ", text("certified_staff"), " 人，多于从业人数 ", text("employees"), " 人")
    )


def outside_registered_region(files: Files) -> Files:
    """A site registered with the county may lie in a town of it; a functional zone is a region of its own."""
    registered = files.filter(registered_region__isnull=False).annotate(
        inside=StrIndex("site__region__path", F("registered_region__path")),
        around=StrIndex("registered_region__path", F("site__region__path")),
    )
    return (
        registered.exclude(inside=1)
        .exclude(around=1)
        .annotate(said=sentence("登记在", F("registered_region__name"), "，位置却在", F("site__region__name")))
    )


def outside_boundary(files: Files) -> Files:
    current = Boundary.objects.filter(enterprise=OuterRef("pk"), replaced_at__isnull=True)
    near = current.filter(geom_3857__dwithin=(OuterRef("site__geom_3857"), GATE))
    return files.filter(Exists(current)).exclude(Exists(near))


def business_licence_expired(files: Files) -> Files:
    business = licences(Kind.BUSINESS)
    last = business.order_by("-expires_on").values("expires_on")[:1]
    return files.filter(Exists(business), ~Exists(business.filter(alive())), status=Status.OPERATING).annotate(
        said=sentence("正在营业，营业执照已于 ", Cast(Subquery(last, output_field=DateField()), CharField()), " 到期")
    )


def chemicals_without_permit(files: Files) -> Files:
    live = licences(*CHEMICAL_PERMITS).filter(alive())
    return files.filter(
        ~Exists(live), categories__contains=["chemical"], tags__overlap=NEED_PERMIT, status=Status.OPERATING
    )


def unreachable(files: Files) -> Files:
    on_call = Contact.objects.filter(enterprise=OuterRef("pk"), left_on__isnull=True, role=Contact.Role.EMERGENCY)
    return files.filter(~Exists(on_call.exclude(phone="")), status=Status.OPERATING)


def shared_phone(files: Files) -> Files:
    many = (
        Contact.objects.filter(left_on__isnull=True, enterprise__merged_into__isnull=True)
        .annotate(digits=Length("phone")).filter(digits__gte=7)
        .values("phone").annotate(n=Count("enterprise", distinct=True)).filter(n__gt=MANY).values("phone")
    )  # fmt: skip
    mine = Contact.objects.filter(enterprise=OuterRef("pk"), left_on__isnull=True, phone__in=many)
    return files.filter(Exists(mine))


def founded_after_joining(files: Files) -> Files:
    return files.filter(founded_on__gt=F("platform_joined_on")).annotate(
        said=sentence("成立于 ", text("founded_on"), "，却在 ", text("platform_joined_on"), " 已纳入平台")
    )


rule("status.permit_alive", "已关闭，但证照仍有效", closed_with_permits,
     "核对是否真的关闭：是则由发证机关注销证照，否则更正经营状态。", "status")  # fmt: skip
rule("status.cancelled", "档案已注销，但经营状态为营业", cancelled_but_operating,
     "恢复档案，或更正经营状态。", "status")  # fmt: skip
rule("status.file_closed", "档案已关闭，但经营状态为营业", closed_file_still_operating,
     "恢复档案，或更正经营状态。", "status")  # fmt: skip
rule("status.later_records", "关闭之后仍有演练或台账记录", later_records,
     "核对关闭日期，或更正这些记录的日期。", "status")  # fmt: skip
rule("people.certificates_only", "从业人数为 0，却有持证人员", certificates_without_staff,
     "核对从业人数。", "employees")  # fmt: skip
rule("people.too_many_certified", "持证人数多于从业人数", more_certified_than_staff,
     "核对从业人数和特种作业持证人数。", "certified_staff")  # fmt: skip
rule("place.other_region", "位置不在登记所属区划内", outside_registered_region,
     "核对坐标和坐标系；确已迁址的，更正登记所属区划。", "place")  # fmt: skip
rule("place.outside_boundary", "位置在本企业厂界之外", outside_boundary,
     "更正位置，或重新绘制厂界。", "place")  # fmt: skip
rule("papers.business_expired", "正在营业，营业执照已到期", business_licence_expired,
     "登记换发的执照，或更正经营状态。", "licences")  # fmt: skip
rule("papers.no_chemical_permit", "危险化学品企业没有有效的危险化学品许可", chemicals_without_permit,
     "登记许可证；不涉及的，更正监管分类或风险标签。", "licences")  # fmt: skip
rule("contact.unreachable", "没有可拨通的应急值守电话", unreachable,
     "登记应急值守联系人和电话。", "contact_emergency")  # fmt: skip
rule("contact.shared_phone", "同一电话登记在 5 家以上企业", shared_phone,
     "逐家核对联系人电话，代办机构的电话不能作为企业电话。", "contact_safety")  # fmt: skip
rule("dates.founded_later", "成立日期晚于纳入平台日期", founded_after_joining,
     "按营业执照更正成立日期。", "founded_on")  # fmt: skip
