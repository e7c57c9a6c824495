"""/api/v1/incidents/…: the grammar is core.api's; this file only parses, calls one service and answers."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.gis.geos import Point
from django.http import Http404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from command_center.incidents import grading, intake, reports, selectors, services
from command_center.incidents.models import Incident, Task
from command_center.incidents.states import STATES
from command_center.incidents.workflow import INCIDENT
from core import files
from core.api import Pages, etag, expected_version
from core.documents import service as documents
from core.idempotency import idempotent
from core.models import Organisation, User
from core.workflow import Incomplete
from geo.models import Region, Site
from geo.parsing import parse_lonlat

ALIASES = {"injuries": "serious_injuries", "loss_wan": "direct_loss_wan"}


class Number(serializers.IntegerField):
    """A count of people: whole, not negative, from a number or its text."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=0, max_value=1_000_000, required=False, **kwargs)


class Casualties(serializers.Serializer[Any]):
    deaths = Number()
    serious_injuries = Number()
    minor_injuries = Number()
    missing = Number()
    trapped = Number()
    evacuated = Number()
    direct_loss_wan = serializers.DecimalField(max_digits=14, decimal_places=2, min_value=Decimal(0), required=False)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            data = {ALIASES.get(key, key): value for key, value in data.items()}
        return super().to_internal_value(data)


class Facts(serializers.Serializer[Any]):
    """What is known of an incident; every field may be missing."""

    title = serializers.CharField(max_length=120, required=False, allow_blank=True)
    kind = serializers.CharField(max_length=40, required=False, allow_blank=True, allow_null=True)
    narrative = serializers.CharField(max_length=5000, required=False, allow_blank=True)
    address = serializers.CharField(max_length=200, required=False, allow_blank=True)
    lon = serializers.JSONField(required=False, allow_null=True)
    lat = serializers.JSONField(required=False, allow_null=True)
    datum = serializers.CharField(required=False)
    uncertainty_m = serializers.IntegerField(min_value=0, max_value=200_000, required=False)
    site = serializers.IntegerField(required=False, allow_null=True)
    reporter_name = serializers.CharField(max_length=40, required=False, allow_blank=True)
    reporter_phone = serializers.CharField(max_length=30, required=False, allow_blank=True)
    occurred_at = serializers.DateTimeField(required=False, allow_null=True)


class Intake(Facts, Casualties):
    source = serializers.ChoiceField(  # type: ignore[assignment]  # Field.source is another thing, set per instance
        choices=Incident.Source.choices, required=False
    )
    is_drill = serializers.BooleanField(required=False)


def given(request: Request, kind: type[serializers.Serializer[Any]], *, strict: bool = False) -> dict[str, Any]:
    if not isinstance(request.data, dict):
        raise serializers.ValidationError("请求体应是一个 JSON 对象。")
    form = kind(data=request.data)
    form.is_valid(raise_exception=True)
    if strict and (unknown := {ALIASES.get(k, k) for k in request.data} - set(form.fields)):
        raise Incomplete(
            f"不认识的字段：{'、'.join(sorted(unknown))[:100]}。", dict.fromkeys(unknown, "不认识此字段。")
        )
    return dict(form.validated_data)


def take_place(values: dict[str, Any], *, is_new: bool) -> Point | None:
    """lon and lat out of the values, as a point. Half a place: of a new alarm none, in a correction a mistake."""
    lon, lat, datum = values.pop("lon", None), values.pop("lat", None), values.pop("datum", "cgcs2000")
    if (lon is None and lat is None) or (is_new and None in (lon, lat)):
        return None
    return parse_lonlat(lon, lat, datum=datum)


def take_site(values: dict[str, Any], user: User) -> None:
    if values.get("site") is not None:
        values["site"] = Site.objects.visible_to(user).filter(pk=values["site"]).first()
        if values["site"] is None:
            raise serializers.ValidationError({"site": "没有这个单位，或不在您的管辖范围内。"})


def kind_of(text: str | None) -> str:
    """A kind by key or by its Chinese name; anything else is unknown and will be flagged."""
    words = {label: key for key, label in Incident.Kind.choices} | {"chemical": "leak", "泄漏": "leak"}
    text = (text or "").strip()
    return text if text in Incident.Kind.values else words.get(text, "")


class IncidentView(APIView):
    """Finds the incident for whoever may see it, or answers 404."""

    def user(self) -> User:
        user = self.request.user
        assert isinstance(user, User)
        return user

    def find(self, pk: int) -> Incident:
        if not self.user().has_perm("incidents.view_incident"):
            raise Http404
        incident: Incident | None = selectors.visible(self.user()).filter(pk=pk).first()
        if incident is None:
            raise Http404
        return incident

    def answer(self, incident: Incident, status: int = 200) -> Response:
        fresh = self.find(incident.pk)
        return Response(selectors.detailed(fresh, self.user()), status=status, headers={"ETag": etag(fresh.version)})


def several(text: str, allowed: dict[str, Any], name: str) -> tuple[Any, ...]:
    """`a,b` as the values they stand for."""
    words = [word for word in text.split(",") if word]
    if wrong := [word for word in words if word not in allowed]:
        raise serializers.ValidationError({name: f"没有“{wrong[0][:20]}”，可用：{'、'.join(allowed)}。"})
    return tuple(allowed[word] for word in words)


def filters(query: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "states": several(query.get("state", ""), {k: k for k in STATES}, "state"),
        "levels": several(query.get("level", ""), {str(n): n for n in range(1, 5)}, "level"),
        "kinds": several(query.get("kind", ""), {k: k for k in Incident.Kind.values}, "kind"),
        "q": query.get("q", "")[:60],
    }
    for name, key in (("open", "open"), ("drill", "is_drill")):
        if (value := query.get(name, "")) not in ("", "0", "1"):
            raise serializers.ValidationError({name: "应为 0 或 1。"})
        elif value:
            found[key] = value == "1"
    if code := query.get("region", ""):
        region = Region.objects.filter(code=code[:12]).first()
        if region is None:
            raise serializers.ValidationError({"region": f"没有区划 {code[:12]}。"})
        found["region_path"] = region.path
    return found


class IncidentList(IncidentView):
    """GET the list (`open` `state` `level` `kind` `region` `q` `drill` `page`), POST a new incident."""

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        if not self.user().has_perm("incidents.view_incident"):
            raise Http404
        pages = Pages()
        rows = pages.paginate_queryset(
            selectors.search(self.user(), **filters(request.query_params)), request, view=self
        )
        return pages.get_paginated_response([selectors.described(row) for row in rows or []])

    @extend_schema(request=Intake, responses=OpenApiTypes.OBJECT)
    @idempotent
    def post(self, request: Request) -> Response:
        values = given(request, Intake)
        take_site(values, self.user())
        point = take_place(values, is_new=True)
        values["kind"] = kind_of(values.get("kind"))
        incident = intake.raise_incident(
            actor=self.user(),
            point=point,
            **{"source": Incident.Source.API, **{k: v for k, v in values.items() if v is not None}},
        )
        response = self.answer(incident, status=201)
        response.headers["Location"] = f"/api/v1/incidents/{incident.pk}/"
        return response


class OneTouch(IncidentView):
    """POST {"kind"}: an enterprise's alarm; the place is its own site."""

    @extend_schema(request=Facts, responses=OpenApiTypes.OBJECT)
    @idempotent
    def post(self, request: Request) -> Response:
        values = given(request, Facts)
        incident = intake.one_touch(
            actor=self.user(), kind=kind_of(values.get("kind")), narrative=values.get("narrative", "")
        )
        return self.answer(incident, status=201)


class GradeView(APIView):
    """POST {"deaths","serious_injuries","direct_loss_wan"} -> the accident grade and why."""

    @extend_schema(request=Casualties, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request) -> Response:
        values = given(request, Casualties)
        found = grading.grade(
            values.get("deaths", 0), values.get("serious_injuries", 0), values.get("direct_loss_wan", Decimal(0))
        )
        return Response(
            {"grade": found.label, "grade_key": found.key, "reasons": list(found.reasons), "basis": grading.BASIS}
        )


class IncidentDetail(IncidentView):
    """GET with its ETag, PATCH facts with If-Match."""

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, pk: int) -> Response:
        return self.answer(self.find(pk))

    @extend_schema(request=Facts, responses=OpenApiTypes.OBJECT)
    def patch(self, request: Request, pk: int) -> Response:
        incident = self.find(pk)
        version = expected_version(request)
        values = given(request, Facts, strict=True)
        take_site(values, self.user())
        point = take_place(values, is_new=False)
        if "kind" in values:
            values["kind"] = kind_of(values["kind"]) or Incident.Kind.OTHER
        return self.answer(services.amend(incident, actor=self.user(), expected_version=version, point=point, **values))


class TransitionView(IncidentView):
    """POST {"note", …values} with If-Match: one step."""

    @extend_schema(request=OpenApiTypes.OBJECT, responses=OpenApiTypes.OBJECT)
    @idempotent
    def post(self, request: Request, pk: int, name: str) -> Response:
        incident = self.find(pk)
        if name not in INCIDENT.by_name:
            raise Http404
        version = expected_version(request)
        values = dict(request.data) if isinstance(request.data, dict) else {}
        note = str(values.pop("note", "") or "")
        services.only_known(name, values)
        services.take_step(incident, name, actor=self.user(), note=note, expected_version=version, **values)
        if name == "end":
            reports.issue_when_ended(incident, actor=self.user())
        return self.answer(incident)


class TimelineView(IncidentView):
    """GET entries (`after` n), POST a note (multipart with `files` for photos)."""

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, pk: int) -> Response:
        incident = self.find(pk)
        after = request.query_params.get("after", "0")
        if not after.isdecimal() or len(after) > 9:
            raise serializers.ValidationError({"after": "应为序号。"})
        pages = Pages()
        rows = pages.paginate_queryset(selectors.entries(incident, self.user(), after=int(after)), request, view=self)
        return pages.get_paginated_response([selectors.entry_described(row) for row in rows or []])

    @extend_schema(request=OpenApiTypes.OBJECT, responses=OpenApiTypes.OBJECT)
    @idempotent
    def post(self, request: Request, pk: int) -> Response:
        incident = self.find(pk)
        values = request.data if isinstance(request.data, dict) else {}
        point = None
        if values.get("lon") not in (None, "") or values.get("lat") not in (None, ""):
            point = parse_lonlat(values.get("lon"), values.get("lat"))
        entry = services.add_note(
            incident,
            actor=self.user(),
            text=str(values.get("text") or values.get("note") or "")[:5000],
            uploads=request.FILES.getlist("files"),
            point=point,
        )
        return Response(selectors.entry_described(entry), status=201)


class AcknowledgeView(IncidentView):
    @extend_schema(request=OpenApiTypes.OBJECT, responses=OpenApiTypes.OBJECT)
    @idempotent
    def post(self, request: Request, pk: int) -> Response:
        return self.answer(services.acknowledge(self.find(pk), actor=self.user()))


class CasualtiesView(IncidentView):
    """POST new figures with If-Match; the grade follows."""

    @extend_schema(request=Casualties, responses=OpenApiTypes.OBJECT)
    @idempotent
    def post(self, request: Request, pk: int) -> Response:
        incident = self.find(pk)
        version = expected_version(request)
        note = str(request.data.get("note") or "") if isinstance(request.data, dict) else ""
        values = given(request, Casualties)
        return self.answer(
            services.record_casualties(incident, actor=self.user(), expected_version=version, note=note[:500], **values)
        )


class NewTask(serializers.Serializer[Any]):
    title = serializers.CharField(max_length=120)
    detail = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    organisation = serializers.IntegerField(required=False, allow_null=True)
    owner = serializers.IntegerField(required=False, allow_null=True)
    due_at = serializers.DateTimeField(required=False, allow_null=True)


class TaskList(IncidentView):
    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, pk: int) -> Response:
        incident = self.find(pk)
        if not self.user().has_perm("incidents.view_task"):
            raise Http404
        return Response({"results": [selectors.task_described(t) for t in selectors.tasks(incident)]})

    @extend_schema(request=NewTask, responses=OpenApiTypes.OBJECT)
    @idempotent
    def post(self, request: Request, pk: int) -> Response:
        incident = self.find(pk)
        values = given(request, NewTask)
        for key, model in (("organisation", Organisation), ("owner", User)):
            if values.get(key) is not None and (found := model._default_manager.filter(pk=values[key]).first()) is None:
                raise serializers.ValidationError({key: "没有这个单位或人员。"})
            elif values.get(key) is not None:
                values[key] = found
        due: datetime | None = values.get("due_at")
        if due and due < timezone.now():
            raise serializers.ValidationError({"due_at": "完成时限已经过去，请改为以后的时间。"})
        task = services.add_task(incident, actor=self.user(), **values)
        return Response(selectors.task_described(task), status=201)


class TaskDone(IncidentView):
    @extend_schema(request=OpenApiTypes.OBJECT, responses=OpenApiTypes.OBJECT)
    @idempotent
    def post(self, request: Request, pk: int, task: int) -> Response:
        incident = self.find(pk)
        found = Task.objects.filter(pk=task, incident=incident).select_related("incident").first()
        if found is None:
            raise Http404
        feedback = str(request.data.get("feedback") or "") if isinstance(request.data, dict) else ""
        return Response(selectors.task_described(services.finish_task(found, actor=self.user(), feedback=feedback)))


class DocumentList(IncidentView):
    """GET the papers and attachments, POST {} to issue the final report."""

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, pk: int) -> Response:
        return Response(documents_of(self.find(pk), self.user()))

    @extend_schema(request=OpenApiTypes.OBJECT, responses=OpenApiTypes.OBJECT)
    @idempotent
    def post(self, request: Request, pk: int) -> Response:
        incident = self.find(pk)
        reports.issue_final_report(incident, actor=self.user())
        return Response(documents_of(incident, self.user()), status=201)


def documents_of(incident: Incident, user: User) -> dict[str, Any]:
    papers = [
        {
            "id": paper.pk,
            "title": paper.title,
            "number": paper.number,
            "issued_at": selectors.moment(paper.issued_at),
            "issued_by": str(paper.issued_by or ""),
            "docx": f"/documents/{paper.pk}.docx",
            "verification_code": paper.verification_code,
        }
        for paper in documents.of(incident)
        if documents.readable_by(user, paper)
    ]
    attachments = [] if user.scope.site_id is not None else [files.described(a) for a in files.of(incident)]
    return {"results": papers, "count": len(papers), "attachments": attachments}
