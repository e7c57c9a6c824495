"""The PDF of an issued paper, made outside the request."""

import logging

from django.db import transaction

from core import events, files
from core.documents import pdf
from core.jobs import job
from core.models.documents import Document

log = logging.getLogger(__name__)


@job
def make_pdf(document_id: int) -> None:
    """Convert once. Doing it twice does no harm: the column can only be filled from empty."""
    document = Document.objects.select_related("file", "region").get(pk=document_id)
    if document.pdf_id is not None:
        return
    try:
        content = pdf.convert(files.read(document.file))
    except pdf.LibreOfficeMissing:
        log.warning("Document %s stays without PDF: LibreOffice is not installed", document_id)
        return
    with transaction.atomic():
        stored = files.store(content, name="paper.pdf")
        made = Document.objects.filter(pk=document_id, pdf=None).update(pdf=stored)
        if made and document.subject is not None:
            events.append(
                "documents.pdf", subject=document.subject, region=document.region, actor=None, document=document_id
            )
