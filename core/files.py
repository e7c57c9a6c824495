"""Files by content: stored once under their hash, attached to records, served only to who may see the record."""

from __future__ import annotations

import hashlib
import io
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import models, transaction
from django.utils import timezone

from core.models.accounts import User
from core.models.files import Attachment, StoredFile
from core.sniffing import HTML, MB, TYPES, FileType, sniff

CHUNK = 256 * 1024
CAP = max(t.cap for t in TYPES.values())
MOST_ATTACHMENTS = 200
# Controls, separators and direction overrides: `photo\u202egpj.exe` must not read as a picture.
UNWANTED = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]')
Upload: TypeAlias = "UploadedFile[Any]"
Content: TypeAlias = "bytes | BinaryIO | Upload"


def path_of(file: StoredFile) -> Path:
    return Path(settings.MEDIA_ROOT) / file.relative_path


def read(file: StoredFile) -> bytes:
    return path_of(file).read_bytes()


def store(content: Content, *, name: str = "", own_html: bool = False) -> StoredFile:
    """Keep the content, once. Raises ValidationError when it is empty, too large, or not of an accepted kind.

    `own_html` is for pages the platform made itself; an upload is never taken for one.
    """
    root = Path(settings.MEDIA_ROOT)
    (root / "incoming").mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=root / "incoming")
    try:
        with os.fdopen(handle, "w+b") as stream:
            sha256, size = _copy(content, stream)
            kind = HTML if own_html else sniff(stream, name)
            if size > kind.cap:
                raise ValidationError(f"“{name or '文件'}”有 {size / MB:.0f} MB，这类文件最大 {kind.cap // MB} MB。")
            stream.flush()
            os.fsync(stream.fileno())
        return _keep(Path(temporary), sha256, size, kind)
    finally:
        Path(temporary).unlink(missing_ok=True)


def _copy(content: Content, stream: BinaryIO) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    for chunk in _chunks(content):
        size += len(chunk)
        if size > CAP:
            raise ValidationError(f"文件超过 {CAP // MB} MB，请压缩或拆分后上传。")
        digest.update(chunk)
        stream.write(chunk)
    if not size:
        raise ValidationError("文件是空的，请检查后重新上传。")
    return digest.hexdigest(), size


def _chunks(content: Content) -> Iterator[bytes]:
    if isinstance(content, UploadedFile):
        yield from content.chunks(CHUNK)
        return
    source = io.BytesIO(content) if isinstance(content, bytes) else content
    while chunk := source.read(CHUNK):
        yield chunk


def _keep(temporary: Path, sha256: str, size: int, kind: FileType) -> StoredFile:
    """The bytes first, then the row: a row without its bytes cannot come to be, bytes without a row do no harm."""
    target = Path(settings.MEDIA_ROOT) / sha256[:2] / sha256[2:4] / sha256
    if not target.exists() or target.stat().st_size != size:
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary.chmod(0o640)
        os.replace(temporary, target)
    row, _created = StoredFile.objects.get_or_create(
        sha256=sha256, defaults={"size": size, "content_type": kind.content_type}
    )
    return row


def tidy_name(name: str, content_type: str) -> str:
    """A name safe to show and to save, whose ending says what the file is."""
    kind = HTML if content_type == HTML.content_type else TYPES[content_type]
    stem = UNWANTED.sub("", name.replace("\\", "/").rsplit("/", 1)[-1]).strip(" .")
    given = stem.rsplit(".", 1)[-1].lower() if "." in stem else ""
    if given == kind.extension or (given == "jpeg" and kind.extension == "jpg"):
        stem = stem[: -len(given) - 1]
    return f"{stem[:150].strip(' .') or '未命名'}.{kind.extension}"


def attach(
    subject: models.Model,
    content: Content | StoredFile,
    *,
    name: str,
    actor: User | None,
    caption: str = "",
    kind: str = "",
    own_html: bool = False,
) -> Attachment:
    """Put a file on a record. Whether the actor may do so is the calling service's decision."""
    file = content if isinstance(content, StoredFile) else store(content, name=name, own_html=own_html)
    if of(subject).count() >= MOST_ATTACHMENTS:
        raise ValidationError(f"一条记录最多 {MOST_ATTACHMENTS} 个附件，请先撤下不需要的。")
    return Attachment.objects.create(
        file=file,
        subject_type=ContentType.objects.get_for_model(subject),
        subject_id=subject.pk,
        name=tidy_name(name, file.content_type),
        caption=UNWANTED.sub("", caption)[:200],
        kind=kind,
        uploaded_by=actor,
    )


def attach_uploads(
    subject: models.Model, uploads: Iterable[Upload], *, actor: User, caption: str = "", kind: str = ""
) -> list[Attachment]:
    """All files of a form or API call, or none: `attach_uploads(incident, request.FILES.getlist("files"), actor=…)`."""
    with transaction.atomic():
        return [
            attach(subject, upload, name=upload.name or "", actor=actor, caption=caption, kind=kind)
            for upload in uploads
        ]


def withdraw(attachment: Attachment, *, actor: User, reason: str) -> Attachment:
    """Take an attachment out of sight. The uploader may; so may whoever may change the record."""
    meta = attachment.subject_type.model_class()
    label = f"{attachment.subject_type.app_label}.change_{attachment.subject_type.model}"
    if meta is None or (attachment.uploaded_by_id != actor.pk and not actor.has_perm(label)):
        raise PermissionDenied("只有上传人或可修改此记录的人才能撤下附件。")
    if not reason.strip():
        raise ValidationError({"reason": ["请写明撤下的原因。"]})
    moved = Attachment.objects.filter(pk=attachment.pk, withdrawn_at=None).update(
        withdrawn_at=timezone.now(), withdrawn_by=actor, withdrawn_reason=reason.strip()[:200]
    )
    if not moved:
        raise ValidationError("这个附件已经撤下。")
    attachment.refresh_from_db()
    return attachment


def of(subject: models.Model, *, kind: str = "") -> models.QuerySet[Attachment]:
    """What is attached to a record now, oldest first."""
    found = Attachment.objects.filter(
        subject_type=ContentType.objects.get_for_model(subject), subject_id=subject.pk, withdrawn_at=None
    ).select_related("file", "uploaded_by")
    return found.filter(kind=kind) if kind else found


def subject_visible_to(user: User, subject_type: ContentType, subject_id: int) -> bool:
    """Whether this person sees the record: in scope, and with the right to view its kind."""
    model = subject_type.model_class()
    visible_to = getattr(getattr(model, "objects", None), "visible_to", None)
    if visible_to is None or not user.has_perm(f"{subject_type.app_label}.view_{subject_type.model}"):
        return False
    return bool(visible_to(user).filter(pk=subject_id).exists())


def described(attachment: Attachment) -> dict[str, object]:
    """As the API answers it."""
    return {
        "id": attachment.pk,
        "name": attachment.name,
        "caption": attachment.caption,
        "kind": attachment.kind,
        "content_type": attachment.file.content_type,
        "size": attachment.file.size,
        "sha256": attachment.file.sha256,
        "at": attachment.at.isoformat(),
        "by": str(attachment.uploaded_by or ""),
        "url": f"/files/{attachment.pk}/{attachment.name}",
    }
