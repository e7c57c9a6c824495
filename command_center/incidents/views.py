"""The incident's pages and the parts they are made of. A part may also be a tab of the map's panel."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.forms import Form, ModelForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from command_center.incidents import intake, reports, selectors, services
from command_center.incidents.forms import AmendForm, CasualtyForm, IntakeForm, TaskForm
from command_center.incidents.models import Incident, Task
from command_center.incidents.workflow import INCIDENT
from core.models import Organisation, User
from core.workflow import Incomplete, NotAllowed, Stale
from geo.models import Region, Site
from geo.parsing import parse_lonlat
from layers.asked import is_fragment, record
from layers.registry import registry

# Parts of the page that are no tab of their own: the panel's first tab holds both.
OWN = {"head": "incidents/_head.html", "facts": "incidents/_facts.html"}
ON_PAGE = ("head", "timeline", "facts", "forces", "tasks", "documents")
Act = Callable[..., str]


def find(request: HttpRequest, pk: int) -> tuple[Incident, User]:
    return record(request, pk, rows=selectors.visible, permission="incidents.view_incident")


def part_html(request: HttpRequest, incident: Incident, user: User, key: str, **more: Any) -> str:
    """One part as HTML; 404 when this user has no such part."""
    if key in OWN:
        context = selectors.overview_tab(incident, user)
        return render_to_string(OWN[key], {**context, "part": key, **more}, request=request)
    for tab, target in registry.tabs(incident, user):
        if tab.key == key and isinstance(target, Incident):
            return render_to_string(tab.template, {**tab.context(target, user), "part": key, **more}, request=request)
    raise Http404


@login_required
@require_GET
def part(request: HttpRequest, pk: int, key: str) -> HttpResponse:
    incident, user = find(request, pk)
    return HttpResponse(part_html(request, incident, user, key))


def acts_on(default: str) -> Callable[[Act], Callable[..., HttpResponse]]:
    """A view that does one thing to an incident and answers with the part it was asked from, mistakes included."""

    def decorate(act: Act) -> Callable[..., HttpResponse]:
        @login_required
        @require_POST
        @wraps(act)
        def view(request: HttpRequest, pk: int, **kwargs: Any) -> HttpResponse:
            incident, user = find(request, pk)
            said, error, status = "", "", 200
            try:
                said = act(request, incident, user, **kwargs)
            except (NotAllowed, Stale, Incomplete, ValidationError, PermissionDenied) as refused:
                error, status = words_of(refused)
            if not is_fragment(request):
                messages.add_message(request, messages.ERROR if error else messages.INFO, error or said)
                return redirect("incidents:page", pk=pk)
            fresh, user = find(request, pk)
            key = request.POST.get("part", default)
            response = HttpResponse(part_html(request, fresh, user, key, error=error, said=said), status=status)
            if not error:
                response["HX-Trigger"] = "incident-changed"
            return response

        return view

    return decorate


def words_of(error: Exception) -> tuple[str, int]:
    if isinstance(error, Stale):
        return str(error), 412
    if isinstance(error, ValidationError):
        return "；".join(error.messages), 400
    return str(error), 400 if isinstance(error, Incomplete) else 409


def seen_version(request: HttpRequest) -> int | None:
    """The version the form was made from; what the page showed is what the person decided on."""
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else None


def valid(form: Form | ModelForm) -> dict[str, Any]:
    if not form.is_valid():
        named = [
            f"{form.fields[key].label}：{words}" if key in form.fields and form.fields[key].label else words
            for key, errors in form.errors.items()
            for words in map(str, errors)
        ]
        raise ValidationError("；".join(named))
    return dict(form.cleaned_data)


@login_required
@require_GET
def board(request: HttpRequest) -> HttpResponse:
    """The duty desk: what is open now."""
    user = request.user
    if not isinstance(user, User) or not user.has_perm("incidents.view_incident"):
        raise Http404
    context = {
        "incidents": selectors.open_by_urgency(user),
        "recent": selectors.search(user, open=False)[:10],
        "may_raise": user.has_perm("incidents.add_incident"),
        "may_alarm": user.has_perm("incidents.raise_alarm") and user.scope.site_id is not None,
    }
    name = "incidents/_board.html" if is_fragment(request) else "incidents/board.html"
    return render(request, name, context)


@login_required
@require_GET
def page(request: HttpRequest, pk: int) -> HttpResponse:
    """The command view of one incident."""
    incident, user = find(request, pk)
    has = {tab.key for tab, target in registry.tabs(incident, user) if isinstance(target, Incident)} | set(OWN)
    parts = [{"key": key, "html": part_html(request, incident, user, key)} for key in ON_PAGE if key in has]
    return render(request, "incidents/page.html", {"incident": incident, "parts": parts})


@login_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Intake, as a page or inside the map's panel. Nothing is required."""
    user = request.user
    if not isinstance(user, User) or not user.has_perm("incidents.add_incident"):
        raise PermissionDenied("您没有“登记事件”的权限。")
    inside = is_fragment(request)
    frame = "incidents/_intake.html" if inside else "incidents/intake.html"
    if request.method == "GET":
        form = IntakeForm(initial=asked_for(request))
        return render(request, frame, {"form": form, "site": site_of(request.GET.get("site"), user)})
    form = IntakeForm(request.POST)
    site = site_of(request.POST.get("site"), user)
    if form.is_valid():
        values = {key: value for key, value in form.cleaned_data.items() if value not in (None, "")}
        values.pop("site", None)
        try:
            incident = intake.raise_incident(actor=user, site=site, **values)
        except ValidationError as error:
            form.add_error(None, "；".join(error.messages))
        else:
            if inside:
                saved = {"incident": incident, "flags": selectors.flag_labels(incident)}
                return render(request, "incidents/_saved.html", saved)
            return redirect("incidents:page", pk=incident.pk)
    return render(request, frame, {"form": form, "site": site}, status=400)


def asked_for(request: HttpRequest) -> dict[str, Any]:
    """The place that the map gave along, if it is one."""
    lon, lat = request.GET.get("lon", ""), request.GET.get("lat", "")
    if not (lon and lat):
        return {"source": Incident.Source.PHONE, "site": request.GET.get("site", "")}
    place = parse_lonlat(lon, lat)
    return {"lon": f"{place.x:.6f}", "lat": f"{place.y:.6f}", "source": Incident.Source.MAP, "uncertainty_m": 50}


def site_of(text: str | None, user: User) -> Site | None:
    if not text or not text.isdecimal() or len(text) > 18:
        return None
    site: Site | None = Site.objects.visible_to(user).filter(pk=int(text)).first()
    return site


@login_required
@require_http_methods(["GET", "POST"])
def alarm(request: HttpRequest) -> HttpResponse:
    """The enterprise's page: one press raises the alarm at its own site."""
    user = request.user
    if not isinstance(user, User) or not user.has_perm("incidents.raise_alarm") or user.scope.site_id is None:
        raise Http404
    if request.method == "POST":
        incident = intake.one_touch(
            actor=user, kind=request.POST.get("kind", ""), narrative=request.POST.get("narrative", "")[:5000]
        )
        return redirect("incidents:page", pk=incident.pk)
    return render(request, "incidents/alarm.html", {"kinds": Incident.Kind.choices, "site": user.site})


@acts_on("head")
def step(request: HttpRequest, incident: Incident, user: User, name: str) -> str:
    transition = INCIDENT.by_name.get(name)
    if transition is None:
        raise Http404
    wanted = (*transition.required, *transition.optional)
    values = {key: request.POST[key] for key in wanted if request.POST.get(key)}
    services.take_step(
        incident, name, actor=user, note=request.POST.get("note", ""), expected_version=seen_version(request), **values
    )
    if name == "end":
        reports.issue_when_ended(incident, actor=user)
    return f"{transition.label}：完成。"


@acts_on("facts")
def amend(request: HttpRequest, incident: Incident, user: User) -> str:
    form = AmendForm(request.POST, instance=Incident.objects.get(pk=incident.pk))
    values = valid(form)
    point = values.pop("point")
    facts = {key: values[key] for key in form.changed_data if key in values and key in request.POST}
    services.amend(incident, actor=user, expected_version=seen_version(request), point=point, **facts)
    return "已补正。"


@acts_on("facts")
def casualties(request: HttpRequest, incident: Incident, user: User) -> str:
    form = CasualtyForm(request.POST, instance=Incident.objects.get(pk=incident.pk))
    values = valid(form)
    note = values.pop("note")
    services.record_casualties(incident, actor=user, expected_version=seen_version(request), note=note, **values)
    return "伤亡与损失已更新，事故等级已重新判定。"


@acts_on("head")
def acknowledge(request: HttpRequest, incident: Incident, user: User) -> str:
    return f"{services.acknowledge(incident, actor=user).acknowledged_by} 已签收。"


@acts_on("head")
def clock(request: HttpRequest, incident: Incident, user: User, key: str) -> str:
    services.report_made(incident, key=key, actor=user, note=request.POST.get("note", "")[:200])
    return "已记为上报。"


@acts_on("facts")
def share(request: HttpRequest, incident: Incident, user: User) -> str:
    region = Region.objects.filter(code=request.POST.get("region", "")[:12]).first()
    if region is None:
        raise ValidationError("请选择协同区划。")
    services.share(incident, [region], actor=user, why=request.POST.get("note", "")[:200])
    return f"{region} 现在可以看到并协助此事件。"


@acts_on("timeline")
def note(request: HttpRequest, incident: Incident, user: User) -> str:
    uploads = request.FILES.getlist("files")
    services.add_note(incident, actor=user, text=request.POST.get("text", "")[:5000], uploads=uploads)
    return "已记录。"


@acts_on("tasks")
def task(request: HttpRequest, incident: Incident, user: User) -> str:
    values = valid(TaskForm(request.POST))
    organisation = None
    if values["organisation"] is not None:
        organisation = Organisation.objects.filter(pk=values["organisation"]).first()
    due_at = timezone.now() + timedelta(minutes=values["minutes"]) if values["minutes"] else None
    services.add_task(
        incident, actor=user, title=values["title"], detail=values["detail"], organisation=organisation, due_at=due_at
    )
    return "任务已下达。"


@acts_on("tasks")
def task_done(request: HttpRequest, incident: Incident, user: User, task: int) -> str:
    found = Task.objects.filter(pk=task, incident=incident).select_related("incident").first()
    if found is None:
        raise Http404
    services.finish_task(found, actor=user, feedback=request.POST.get("feedback", "")[:2000])
    return "任务已完成。"


@acts_on("documents")
def report(request: HttpRequest, incident: Incident, user: User) -> str:
    return f"终报 {reports.issue_final_report(incident, actor=user).number}"
