"""Views of the map that people keep under a name and give to their office or region."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response

from core.models import User
from layers.models import SavedView
from layers.signed_in import SignedIn

PARTS = {"map", "layers", "sel", "region", "theme", "f", "heat", "compare"}
LONGEST = 4000
MOST = 100


def checked_name(value: Any) -> str:
    name = value.strip() if isinstance(value, str) else ""
    if not name or len(name) > 40:
        raise ValidationError({"name": ["请给视图起个名字，不超过 40 个字。"]})
    return name


def checked_link(value: Any) -> str:
    """The hash of a map's address. What the parts say is read by the map, which leaves out what it does not know."""
    if not isinstance(value, str) or not value.startswith("#") or len(value) > LONGEST:
        raise ValidationError({"link": [f"视图应是以 # 开头、不超过 {LONGEST} 个字符的地图地址。"]})
    if unknown := {key for key, _ in parse_qsl(value[1:], keep_blank_values=True)} - PARTS:
        raise ValidationError({"link": [f"视图中有不认识的部分：{'、'.join(sorted(unknown))[:60]}。"]})
    return value


def checked_sharing(value: Any, user: User) -> str:
    if value not in SavedView.Sharing.values:
        raise ValidationError({"sharing": [f"共享范围应是 {'、'.join(SavedView.Sharing.values)} 之一。"]})
    if value != SavedView.Sharing.PRIVATE and user.scope.site_id is not None:
        raise ValidationError({"sharing": ["企业账号的视图只能自己用。"]})
    if value == SavedView.Sharing.OFFICE and user.organisation_id is None:
        raise ValidationError({"sharing": ["您的账号没有登记单位，不能与单位共享。"]})
    if value == SavedView.Sharing.REGION and user.region_id is None:
        raise ValidationError({"sharing": ["您的账号没有辖区，不能与辖区共享。"]})
    return str(value)


def save(view: SavedView) -> SavedView:
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError as error:
        raise ValidationError({"name": [f"您已有名为“{view.name}”的视图，请换个名字，或更新那一个。"]}) from error
    return view


def keep_view(*, owner: User, name: Any, link: Any, sharing: Any = SavedView.Sharing.PRIVATE) -> SavedView:
    if owner.saved_views.count() >= MOST:
        raise ValidationError(f"最多保存 {MOST} 个视图，请先删除不用的。")
    return save(
        SavedView(
            owner=owner,
            name=checked_name(name),
            link=checked_link(link),
            sharing=checked_sharing(sharing, owner),
            organisation=owner.organisation,
            region=owner.region,
        )
    )


def change_view(view: SavedView, *, actor: User, changes: dict[str, Any]) -> SavedView:
    if view.owner_id != actor.pk:
        raise PermissionDenied(f"视图“{view.name}”是{view.owner}保存的，只有本人能改。")
    if "name" in changes:
        view.name = checked_name(changes["name"])
    if "link" in changes:
        view.link = checked_link(changes["link"])
    if "sharing" in changes:
        view.sharing = checked_sharing(changes["sharing"], actor)
        view.organisation, view.region = actor.organisation, actor.region
    return save(view)


def shown(view: SavedView, user: User) -> dict[str, Any]:
    return {
        "id": view.pk,
        "name": view.name,
        "link": view.link,
        "sharing": view.sharing,
        "sharing_label": view.get_sharing_display(),
        "mine": view.owner_id == user.pk,
        "owner": str(view.owner),
        "updated_at": view.updated_at,
    }


def body(request: Request, *known: str) -> dict[str, Any]:
    if not isinstance(request.data, dict):
        raise ValidationError("请求体应是一个 JSON 对象。")
    if unknown := set(request.data) - set(known):
        raise ValidationError(f"不认识的内容：{'、'.join(sorted(map(str, unknown)))[:80]}。可用：{'、'.join(known)}。")
    return {key: request.data[key] for key in request.data}


class SavedViews(SignedIn):
    """GET: mine and those shared with me. POST {"name", "link", "sharing"}: keep one."""

    def get(self, request: Request) -> Response:
        found = SavedView.objects.visible_to(self.user).select_related("owner")
        return Response({"results": [shown(view, self.user) for view in found]})

    def post(self, request: Request) -> Response:
        given = body(request, "name", "link", "sharing")
        given.setdefault("name", "")
        given.setdefault("link", "")
        return Response(shown(keep_view(owner=self.user, **given), self.user), status=201)


class OneSavedView(SignedIn):
    """PATCH and DELETE are for whoever saved it; of a view that is not shared with one there is nothing."""

    def found(self, pk: int) -> SavedView:
        view = SavedView.objects.visible_to(self.user).select_related("owner").filter(pk=pk).first()
        if view is None:
            raise Http404
        return view

    def get(self, request: Request, pk: int) -> Response:
        return Response(shown(self.found(pk), self.user))

    def patch(self, request: Request, pk: int) -> Response:
        changes = body(request, "name", "link", "sharing")
        return Response(shown(change_view(self.found(pk), actor=self.user, changes=changes), self.user))

    def delete(self, request: Request, pk: int) -> Response:
        view = self.found(pk)
        if view.owner_id != self.user.pk:
            raise PermissionDenied(f"视图“{view.name}”是{view.owner}保存的，只有本人能删除。")
        view.delete()
        return Response(status=204)
