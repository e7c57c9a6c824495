"""Reading papers: the file for those who may, the verification page for everybody."""

from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from core.documents import codes, service
from core.file_views import PersonRequest, respond
from core.models.documents import Document

LOOKS_PER_MINUTE = 30


@require_safe
@login_required
def document(request: PersonRequest, pk: str, kind: str) -> HttpResponse:
    """GET /documents/<id>.docx or .pdf: the stored bytes."""
    rows = Document.objects.filter(pk=min(int(pk), 2**63 - 1))
    row = rows.select_related("file", "pdf", "subject_type").first()
    if row is None or not service.readable_by(request.user, row):
        raise Http404
    file = row.pdf if kind == "pdf" else row.file
    if file is None:
        raise Http404("这份文书的 PDF 还没有生成，请稍后再试，或先下载 docx。")
    return respond(request, file, f"{row.title}{row.number}.{kind}")


@require_safe
def verify(request: HttpRequest, code: str = "") -> HttpResponse:
    """GET /v/<code>/: is this paper genuine and still valid? Public, so it shows nothing about a person or a case."""
    if not _may_look(request.META.get("REMOTE_ADDR", "")):
        response = render(request, "core/verify.html", {"too_many": True}, status=429)
        response["Retry-After"] = "60"
        return response
    typed = code or request.GET.get("code", "")
    known = codes.tidied(typed)
    if known and known != code:
        return redirect("verify", code=known)
    row = Document.objects.filter(verification_code=known).select_related("file", "pdf").first() if known else None
    context = {"document": row, "typed": typed[:20], "shown": codes.shown(known) if known else ""}
    response = render(request, "core/verify.html", context, status=200 if row or not typed else 404)
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


def _may_look(address: str) -> bool:
    key = f"verify:{address}"
    if cache.add(key, 1, timeout=60):
        return True
    try:
        return int(cache.incr(key)) <= LOOKS_PER_MINUTE
    except ValueError:  # the minute ended between the two calls
        return True
