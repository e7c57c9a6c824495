"""一企一档 as a page and as a paper."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from core.documents import pdf
from supervision.enterprises import dossier, dossier_paper
from supervision.enterprises.views import find
from supervision.enterprises.workflow import ENTERPRISE

TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
}
NO_PDF = "这台服务器没有安装 LibreOffice，不能生成 PDF；请下载 docx，或在页面上打印。"


@require_safe
@login_required
def page(request: HttpRequest, pk: int) -> HttpResponse:
    enterprise, user = find(request, pk)
    context = {
        "dossier": dossier.whole_file(enterprise, user),
        "enterprise": enterprise,
        "state": ENTERPRISE.states.get(enterprise.state, enterprise.state),
        "has_pdf": pdf.office() is not None,
    }
    response = render(request, "enterprises/dossier.html", context)
    response["Cache-Control"] = "private, no-store"
    return response


@require_safe
@login_required
def paper(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """GET …/dossier.docx or .pdf: made at this moment for this reader."""
    if kind not in TYPES:
        raise Http404
    enterprise, user = find(request, pk)
    content = dossier_paper.render(dossier.whole_file(enterprise, user))
    if kind == "pdf":
        try:
            content = pdf.convert(content)
        except (pdf.LibreOfficeMissing, pdf.ConversionFailed):
            return render(request, "layers/error.html", {"status": 503, "title": "暂时不能生成 PDF", "detail": NO_PDF},
                          status=503)  # fmt: skip
    name = f"一企一档-{enterprise.name}-{timezone.localdate():%Y%m%d}.{kind}"
    disposition = content_disposition_header(as_attachment=True, filename=name)
    headers = {"Content-Disposition": disposition or "attachment", "Cache-Control": "private, no-store"}
    return HttpResponse(content, content_type=TYPES[kind], headers=headers)
