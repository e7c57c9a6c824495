"""Official papers as they were issued, and the counters that number them."""

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone

from core.models.files import StoredFile
from geo.models import ScopedQuerySet


class DocumentCounter(models.Model):
    """The last number given in one series: one agency, one form code, one year."""

    series = models.CharField("字号系列", max_length=80, unique=True)  # "（鲁东）应急检记〔2026〕{n}号"
    last = models.PositiveIntegerField("已用到", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "文书编号"

    def __str__(self) -> str:
        return f"{self.series} → {self.last}"


class Document(models.Model):
    """An issued paper (文书): rendered once, never again. Its PDF and its revocation come later, once."""

    type_key = models.CharField("文书种类", max_length=80)  # key of the DocumentType it was made by
    code = models.CharField("文书代码", max_length=20, blank=True)
    number = models.CharField("文号", max_length=100, blank=True)  # some forms, such as 询问笔录, carry none
    title = models.CharField("标题", max_length=200)
    issuer = models.CharField("制发机关", max_length=100)
    data = models.JSONField("填写内容", default=dict)
    is_exercise = models.BooleanField("演练", default=False)
    subject_type = models.ForeignKey(ContentType, on_delete=models.PROTECT, related_name="+")
    subject_id = models.BigIntegerField()
    subject = GenericForeignKey("subject_type", "subject_id")
    region = models.ForeignKey("geo.Region", verbose_name="区域", on_delete=models.PROTECT, related_name="+")
    # Set only when the paper is addressed to the enterprise on that site: an approval form inside the agency has none.
    site = models.ForeignKey("geo.Site", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(
        "core.Organisation", verbose_name="制发单位", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="制发人", null=True, on_delete=models.PROTECT, related_name="+"
    )
    issued_at = models.DateTimeField("制发时间", default=timezone.now)
    verification_code = models.CharField("验证码", max_length=16, unique=True)
    file = models.ForeignKey(StoredFile, verbose_name="docx", on_delete=models.PROTECT, related_name="+")
    pdf = models.ForeignKey(
        StoredFile, verbose_name="PDF", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    revoked_at = models.DateTimeField("撤销时间", null=True, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="撤销人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    revoked_reason = models.CharField("撤销原因", max_length=200, blank=True)

    objects = ScopedQuerySet.as_manager()
    REGION_PATH = "region"
    SITE_PATH = "site"

    class Meta:
        verbose_name = verbose_name_plural = "文书"
        ordering = ["-issued_at", "-pk"]
        permissions = [("revoke_document", "撤销文书")]
        indexes = [
            models.Index(fields=["subject_type", "subject_id", "issued_at"], name="document_of_subject"),
            models.Index(fields=["type_key", "issued_at"], name="document_of_type"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["number"], condition=~models.Q(number=""), name="document_number_once"),
            models.CheckConstraint(
                condition=models.Q(revoked_at__isnull=True, revoked_reason="")
                | (models.Q(revoked_at__isnull=False) & ~models.Q(revoked_reason="")),
                name="document_revoked_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.number}".strip()

    @property
    def is_revoked(self) -> bool:
        return self.revoked_at is not None
