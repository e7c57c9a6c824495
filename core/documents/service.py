"""Issuing papers and revoking them. What was issued is never made again: it is handed out as stored."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.utils import timezone

from core import events, files
from core.documents import codes, issuer, jobs, layout, numbering, registry, values
from core.documents.declaration import DocumentType
from core.documents.values import Picture
from core.jobs import enqueue
from core.models.accounts import Organisation, User
from core.models.documents import Document
from core.models.files import Attachment, StoredFile
from geo.models import Region, Site

DOCX_NAME = "paper.docx"


def issue(
    document_type: DocumentType | str,
    *,
    subject: models.Model,
    actor: User | None,
    fields: Mapping[str, Any],
    at: datetime | None = None,
    region: Region | None = None,
    site: Site | None = None,
    organisation: Organisation | None = None,
    exercise: bool | None = None,
) -> Document:
    """Check the fields, number, render, store; the PDF follows by a job. One transaction: a failure uses up no number.

    Rights are the calling service's: it decides who may issue what on the subject. Raises ValidationError by field.
    """
    kind, content = _filled(document_type, fields)
    at = at or timezone.now()
    region, site = _whereabouts(subject, region, site)
    agency = issuer.of(organisation, region) if organisation else issuer.for_actor(actor, region)
    drill = bool(getattr(subject, "is_drill", False)) if exercise is None else exercise
    with transaction.atomic():
        number = numbering.take(numbering.series(kind, agency, at, exercise=drill))
        code = codes.new()
        paper = layout.Paper(
            values=content,
            issuer=agency,
            number=number,
            at=at,
            verification_code=code,
            verification_url=verification_url(code),
            exercise=drill,
        )
        document = _stored(kind, paper, subject=subject, region=region, site=site, actor=actor)
        enqueue(jobs.make_pdf, key=str(document.pk), document_id=document.pk)
        _tell("documents.issue", document, subject, actor)
    return document


def preview(
    document_type: DocumentType | str, *, region: Region, actor: User | None, fields: Mapping[str, Any]
) -> bytes:
    """The docx as it would look, unnumbered and not kept, for reading before it is issued."""
    kind, content = _filled(document_type, fields)
    paper = layout.Paper(
        values=content,
        issuer=issuer.for_actor(actor, region),
        number="（预览，未编号）" if kind.pattern else "",
        at=timezone.now(),
        verification_code="0" * codes.LENGTH,
        verification_url=verification_url("preview"),
    )
    return layout.render(kind, paper)


def revoke(document: Document, *, actor: User, reason: str) -> Document:
    """Declare a paper void. The paper stays; its verification page says 已撤销."""
    if not actor.has_perm("core.revoke_document"):
        raise PermissionDenied("您没有“撤销文书”的权限。")
    if not Document.objects.visible_to(actor).filter(pk=document.pk).exists():
        raise Document.DoesNotExist(f"document {document.pk} is not visible to {actor.pk}")
    if not reason.strip():
        raise ValidationError({"reason": ["请写明撤销的原因。"]})
    with transaction.atomic():
        moved = Document.objects.filter(pk=document.pk, revoked_at=None).update(
            revoked_at=timezone.now(), revoked_by=actor, revoked_reason=reason.strip()[:200]
        )
        document.refresh_from_db()
        if not moved:
            raise ValidationError(f"{document} 已于 {timezone.localtime(document.revoked_at):%Y-%m-%d %H:%M} 撤销。")
        if document.subject is not None:
            _tell("documents.revoke", document, document.subject, actor)
    return document


def of(subject: models.Model) -> models.QuerySet[Document]:
    """The papers issued on a record, newest first."""
    return Document.objects.filter(
        subject_type=ContentType.objects.get_for_model(subject), subject_id=subject.pk
    ).select_related("file", "pdf", "issued_by")


def readable_by(user: User, document: Document) -> bool:
    """In scope, and the record it belongs to as well; an enterprise reads only what was addressed to it."""
    if not Document.objects.visible_to(user).filter(pk=document.pk).exists():
        return False
    if user.scope.site_id is not None:
        return True
    return files.subject_visible_to(user, document.subject_type, document.subject_id)


def verification_url(code: str) -> str:
    base = str(getattr(settings, "PUBLIC_URL", "") or "http://127.0.0.1:8000").rstrip("/")
    return f"{base}/v/{code}/"


def _tell(kind: str, document: Document, subject: models.Model, actor: User | None) -> None:
    events.append(
        kind,
        subject=subject,
        region=document.region,
        actor=actor,
        site_id=document.site_id,
        shared_with=getattr(subject, "shared_with", ()),
        document=document.pk,
        title=document.title,
        number=document.number,
    )


def _filled(document_type: DocumentType | str, fields: Mapping[str, Any]) -> tuple[DocumentType, dict[str, Any]]:
    """The declaration and its fields as read, pictures among them; ValidationError by field."""
    kind = registry.get(document_type) if isinstance(document_type, str) else document_type
    return kind, values.read(kind, {key: _with_pictures(value) for key, value in fields.items()})


def _whereabouts(subject: models.Model, region: Region | None, site: Site | None) -> tuple[Region, Site | None]:
    """The region and site a paper belongs to: as given, else its subject's."""
    site = site or (subject if isinstance(subject, Site) else getattr(subject, "site", None))
    region = region or getattr(subject, "region", None) or (site.region if site else None)
    if region is None:
        raise ValueError(f"{subject!r} has no region: give one to issue().")
    return region, site


def _stored(
    kind: DocumentType,
    paper: layout.Paper,
    *,
    subject: models.Model,
    region: Region,
    site: Site | None,
    actor: User | None,
) -> Document:
    return Document.objects.create(
        type_key=kind.key,
        code=kind.code,
        number=paper.number,
        title=kind.title,
        issuer=paper.issuer.name,
        data=values.kept(paper.values),
        is_exercise=paper.exercise,
        subject_type=ContentType.objects.get_for_model(subject),
        subject_id=subject.pk,
        region=region,
        site=site if kind.addressed_to_site else None,
        organisation=paper.issuer.organisation,
        issued_by=actor,
        issued_at=paper.at,
        verification_code=paper.verification_code,
        file=files.store(layout.render(kind, paper), name=DOCX_NAME),
    )


def _with_pictures(value: Any) -> Any:
    """Stored files and attachments become pictures; everything else is left as given."""
    if isinstance(value, Attachment):
        return Picture(files.read(value.file), value.caption or value.name, value.file.sha256)
    if isinstance(value, StoredFile):
        return Picture(files.read(value), "", value.sha256)
    if isinstance(value, (list, tuple)):
        return [_with_pictures(entry) for entry in value]
    return value
