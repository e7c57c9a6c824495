"""The kernel's own records: the audit trail, for those who audit."""

from core.models import AuditEntry
from layers.record_history import said, table_title
from layers.registry import Column, Module, Nav, Records, registry

COLUMNS = (
    Column(title="时间", path="at", kind="datetime", width=18, sort="pk"),
    Column(title="人员", path="actor", width=14),
    Column(title="动作", path="get_action_display", key="action", width=8),
    Column(title="对象", path=lambda entry: table_title(entry.table), key="table", width=24),
    Column(title="行", path="row", kind="code", width=12),
)
BRIEF = Column(title="内容", path=lambda entry: said(entry)[:120], key="changes", width=60)
CHANGES = Column(title="内容", path=said, key="changes", width=80)

registry.add(
    Module(
        key="system",
        title="系统",
        order=900,
        records=(
            Records(
                key="audit",
                title="审计记录",
                model=AuditEntry,
                columns=(*COLUMNS, BRIEF),
                detail=(*COLUMNS, CHANGES),
                filters=("action", "table", "row"),
                search=("table", "row", "actor__name", "actor__username"),
                order_by=("-pk",),
                select=("actor",),
            ),
        ),
        nav=(
            Nav(
                title="审计",
                url_name="records:list",
                args=("system", "audit"),
                permission="core.view_auditentry",
                order=900,
            ),
        ),
    )
)
