"""Files kept by what they contain, and the records they are attached to."""

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone


class StoredFile(models.Model):
    """One content, once: two uploads of the same bytes share a row. Rows are only ever added."""

    sha256 = models.CharField("内容哈希", max_length=64, unique=True)
    size = models.BigIntegerField("字节数")
    content_type = models.CharField("类型", max_length=100)  # found in the bytes, never what the sender claimed
    stored_at = models.DateTimeField("存入时间", default=timezone.now)

    class Meta:
        verbose_name = verbose_name_plural = "文件"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(sha256__regex=r"^[0-9a-f]{64}$"), name="stored_file_sha256_is_hex"
            ),
            models.CheckConstraint(condition=models.Q(size__gt=0), name="stored_file_has_content"),
        ]

    def __str__(self) -> str:
        return self.sha256[:12]

    @property
    def relative_path(self) -> str:
        """Where the bytes lie under MEDIA_ROOT."""
        return f"{self.sha256[:2]}/{self.sha256[2:4]}/{self.sha256}"


class Attachment(models.Model):
    """A file that somebody put on a record (附件). It is withdrawn, never deleted, so evidence cannot vanish."""

    file = models.ForeignKey(StoredFile, verbose_name="文件", on_delete=models.PROTECT, related_name="attachments")
    subject_type = models.ForeignKey(ContentType, on_delete=models.PROTECT, related_name="+")
    subject_id = models.BigIntegerField()
    subject = GenericForeignKey("subject_type", "subject_id")
    name = models.CharField("文件名", max_length=200)
    caption = models.CharField("说明", max_length=200, blank=True)
    kind = models.CharField(
        "类别", max_length=40, blank=True
    )  # "photo", "signature", "final_report": the module's word
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="上传人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    at = models.DateTimeField("上传时间", default=timezone.now)
    withdrawn_at = models.DateTimeField("撤下时间", null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="撤下人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    withdrawn_reason = models.CharField("撤下原因", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "附件"
        ordering = ["at", "pk"]
        indexes = [models.Index(fields=["subject_type", "subject_id", "at"], name="attachment_of_subject")]

    def __str__(self) -> str:
        return self.name
