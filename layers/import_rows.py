"""The rows of a batch as the preview shows and the API answers them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from core.imports.columns import Column, shown
from core.models import ImportBatch, ImportRow

MOST_VALUES = 40


def shown_rows(
    rows: Iterable[ImportRow], batch: ImportBatch, columns: tuple[Column, ...], identity: tuple[str, ...]
) -> list[dict[str, Any]]:
    return [shown_row(row, batch, columns, identity) for row in rows]


def shown_row(
    row: ImportRow, batch: ImportBatch, columns: tuple[Column, ...], identity: tuple[str, ...]
) -> dict[str, Any]:
    """What it is about, what changes, what is wrong and what should be known, in the order of the columns."""
    known = {c.key: c for c in columns}
    titles = {key: title for title, key in batch.mapping.items()}
    raw = {key: as_text(row.cells.get(title)) for key, title in titles.items()}
    named = [key for key in (*identity, "name", "title") if key in known]
    subject = " · ".join(dict.fromkeys(filter(None, (raw.get(key, "") for key in named))))
    filled = [c for c in columns if row.values.get(c.key) not in (None, "", [])]
    values = [(c.title, shown(c, row.values[c.key])) for c in filled]
    return {
        "number": row.number,
        "state": row.state,
        "label": row.get_state_display(),
        "subject": subject or "（空）",
        "target": row.target,
        "is_applied": row.is_applied,
        "changes": [
            (known[key].title, before or "（空）", after or "（清空）")
            for key, (before, after) in row.changes.items()
            if key in known and row.state == "changed"
        ],
        "values": values[:MOST_VALUES],
        "brief": [shown(c, row.values[c.key]) for c in filled if c.key not in named][:5],
        "problems": [(_title(key, known), raw.get(key, ""), text) for key, text in row.problems.items()],
        "warnings": [(_title(key, known), text) for key, text in row.warnings.items()],
    }


def _title(key: str, known: dict[str, Column]) -> str:
    return known[key].title if key in known else ""


def as_text(cell: Any) -> str:
    """A cell as it stood in the file, in one line."""
    if isinstance(cell, dict):
        for name in ("date", "fault", "formula"):
            if name in cell:
                return "（合并）" if cell[name] == "merged" else str(cell[name])
        return as_text(cell.get("merged"))
    if isinstance(cell, bool):
        return "是" if cell else "否"
    return "" if cell is None else str(cell)[:80]
