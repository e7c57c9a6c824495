"""Numbers of papers: （鲁东）应急检记〔2026〕1号, from 1 each year for each agency and code, without gaps."""

from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from core.documents.declaration import DocumentType
from core.documents.issuer import Issuer, need_abbreviation


def series(document_type: DocumentType, issuer: Issuer, at: datetime, *, exercise: bool = False) -> str:
    """The number with its `{n}` still open; what is equal up to there counts together. Drills count apart."""
    pattern = document_type.pattern
    if not pattern:
        return ""
    for name, value in (
        ("abbreviation", need_abbreviation(issuer) if "{abbreviation}" in pattern else ""),
        ("code", document_type.code),
        ("year", str(timezone.localtime(at).year)),
    ):
        pattern = pattern.replace(f"{{{name}}}", value)
    return f"【演练】{pattern}" if exercise else pattern


def take(open_number: str) -> str:
    """The next number of a series. Its row stays locked until the caller commits, so a rollback leaves no gap."""
    if not open_number:
        return ""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("A number is taken inside the transaction that issues the paper.")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_documentcounter AS c (series, last) VALUES (%s, 1) "
            "ON CONFLICT (series) DO UPDATE SET last = c.last + 1 RETURNING last",
            [open_number],
        )
        (last,) = cursor.fetchone()
    return open_number.replace("{n}", str(last))
