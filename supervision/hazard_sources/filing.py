"""Filing a source with the county: papers, handing in, examining, sending back, the certificate (令40 第二十三条)."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from core import files
from core.models import User
from core.workflow import NotAllowed, locked
from supervision.hazard_sources import clocks, papers
from supervision.hazard_sources.models import Filing, FilingPaper, HazardSource
from supervision.hazard_sources.statutory import PAPER
from supervision.hazard_sources.workflow import HAZARD_SOURCE

PAPERS_IN = ("assessed", "submitted")
PAPER_RIGHTS = ("hazard_sources.submit_hazardsource", "hazard_sources.file_hazardsource")


def current(source: HazardSource) -> Filing | None:
    """The filing of the latest assessment, whether still open or accepted."""
    found: Filing | None = source.filings.select_related("assessment", "document").first()
    return found


def set_paper(
    source: HazardSource,
    key: str,
    *,
    actor: User,
    state: str,
    note: str = "",
    uploads: list[UploadedFile[Any]] | None = None,
) -> FilingPaper:
    """Say whether one paper is there, with its file if there is one."""
    if not any(map(actor.has_perm, PAPER_RIGHTS)):
        raise PermissionDenied("您没有“准备备案材料”的权限。")
    if key not in PAPER or state not in FilingPaper.State.values:
        raise ValidationError({"state": "没有这项备案材料，或提供情况不在可选范围内。"})
    note = note.strip()[:200]
    if state == FilingPaper.State.NONE and not note:
        raise ValidationError({"note": f"“{PAPER[key].label}”不涉及的，请说明原因。"})
    with transaction.atomic():
        row: HazardSource = locked(source, actor)
        filing = _open_filing(row)
        if row.state == "submitted" and not actor.has_perm("hazard_sources.file_hazardsource"):
            raise NotAllowed("材料已提交，审查期间不能再改；需要补充的，请审查人退回补正。")
        paper: FilingPaper = filing.papers.select_for_update().get(key=key)
        paper.state, paper.note = state, note
        if uploads:
            files.attach_uploads(paper, uploads, actor=actor, kind="filing")
            paper.state = FilingPaper.State.GIVEN
        paper.save()
    return paper


def submit(source: HazardSource, *, actor: User, expected_version: int | None = None) -> HazardSource:
    """The enterprise hands its papers in; the county's time to examine them begins."""
    with transaction.atomic():
        HAZARD_SOURCE.advance(source, "submit", actor=actor, expected_version=expected_version)
        now = timezone.now()
        Filing.objects.filter(pk=_open_filing(source).pk).update(
            submitted_at=now, submitted_by=actor, returned_at=None, returned_note=""
        )
        clocks.begin(clocks.FILING_CHECK, source, now)
    return source


def send_back(source: HazardSource, *, actor: User, note: str, expected_version: int | None = None) -> HazardSource:
    """退回补正, with a notice that says what is missing; the enterprise's own time goes on from its first day."""
    with transaction.atomic():
        HAZARD_SOURCE.advance(source, "return", actor=actor, note=note, expected_version=expected_version)
        filing = _open_filing(source)
        filing.returned_at, filing.returned_note = timezone.now(), note.strip()[:500]
        filing.save(update_fields=["returned_at", "returned_note"])
        papers.issue_return(source, filing, actor=actor)
    return source


def file_source(
    source: HazardSource, *, actor: User, filing_number: str, expected_version: int | None = None
) -> HazardSource:
    """Accept the filing under its number and issue the certificate."""
    with transaction.atomic():
        number = filing_number.strip()[:40]
        taken = Filing.objects.filter(number=number, accepted_at__isnull=False).exclude(source=source).first()
        if number and taken is not None:
            raise NotAllowed(f"备案编号“{number}”已用于另一处重大危险源，请核对。")
        HAZARD_SOURCE.advance(
            source, "file", actor=actor, expected_version=expected_version, filing_number=number,
            filed_on=timezone.localdate(),
        )  # fmt: skip
        filing = _open_filing(source)
        filing.accepted_at, filing.accepted_by, filing.number = timezone.now(), actor, number
        filing.document = papers.issue_certificate(source, filing, actor=actor)
        filing.save(update_fields=["accepted_at", "accepted_by", "number", "document"])
    return source


def _open_filing(source: HazardSource) -> Filing:
    found: Filing | None = source.filings.filter(accepted_at=None).select_related("assessment").first()
    if found is None or source.state not in (*PAPERS_IN, "filed"):
        raise NotAllowed("现在没有待办的备案：评估分级之后才准备备案材料。")
    return found
