"""Handing out stored bytes: never by path, always after the record itself was checked."""

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.views.decorators.http import require_safe

from core import files
from core.models.accounts import User
from core.models.files import Attachment, StoredFile
from core.sniffing import HTML, TYPES

# An image or a PDF is shown in a page that can do nothing. A PDF is not sandboxed as well: Chromium would then refuse
# to show it; its viewer has a sandbox of its own.
INERT = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; object-src 'self'"
# The platform's own situation map is one page with its script inside: it runs, but in no origin and reaches nothing.
OWN_PAGE = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"
)


class PersonRequest(HttpRequest):
    """A request behind login_required."""

    user: User


@require_safe
@login_required
def attachment(request: PersonRequest, pk: int, name: str) -> HttpResponse:
    """GET /files/<id>/<name>: the file, if this person sees the record it is on."""
    if not 0 < pk < 2**63:
        raise Http404
    row = Attachment.objects.filter(pk=pk, withdrawn_at=None).select_related("file", "subject_type").first()
    if row is None or not files.subject_visible_to(request.user, row.subject_type, row.subject_id):
        raise Http404
    return respond(request, row.file, row.name)


def respond(request: HttpRequest, file: StoredFile, name: str) -> HttpResponse:
    """The bytes with the headers that keep a browser from believing anything else about them."""
    etag = f'"{file.sha256}"'
    if etag in (request.headers.get("If-None-Match") or ""):
        return _headers(HttpResponseNotModified(), file, etag)
    try:
        stream = files.path_of(file).open("rb")
    except OSError as error:
        raise Http404("文件内容不在存储中，请联系系统管理员。") from error
    inline = file.content_type == HTML.content_type or TYPES[file.content_type].inline
    wanted = "download" not in request.GET
    response = FileResponse(
        stream, as_attachment=not (inline and wanted), filename=name, content_type=file.content_type
    )
    if file.content_type.startswith("text/") and file.content_type != HTML.content_type:
        response["Content-Type"] = file.content_type  # no charset: old county systems write GBK
    return _headers(response, file, etag)


def _headers(response: HttpResponse | FileResponse, file: StoredFile, etag: str) -> HttpResponse:
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    response["X-Content-Type-Options"] = "nosniff"
    policy = INERT if file.content_type == "application/pdf" else f"sandbox; {INERT}"
    response["Content-Security-Policy"] = OWN_PAGE if file.content_type == HTML.content_type else policy
    return response  # type: ignore[return-value]  # FileResponse is an HttpResponseBase, which the URL resolver accepts
