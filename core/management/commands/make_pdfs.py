"""`manage.py make_pdfs`: queue the PDF of every paper that has none, such as after LibreOffice was installed."""

from typing import Any

from django.core.management.base import BaseCommand

from core.documents import pdf
from core.documents.jobs import make_pdf
from core.jobs import enqueue
from core.models.documents import Document


class Command(BaseCommand):
    help = "为还没有 PDF 的文书补做 PDF。"

    def handle(self, *args: Any, **options: Any) -> None:
        if pdf.office() is None:
            self.stderr.write(str(pdf.LibreOfficeMissing()))
            return
        ids = list(Document.objects.filter(pdf=None).order_by("pk").values_list("pk", flat=True))
        for pk in ids:
            enqueue(make_pdf, key=str(pk), document_id=pk)
        self.stdout.write(f"已排队 {len(ids)} 份，由后台任务（manage.py work）逐份转换。")
