"""GET /api/v1/statistics/<module>/?region=&from=&to=&table=: the numbers of the page, with the same addresses."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from layers.signed_in import SignedIn
from layers.statistics import reading
from layers.statistics.answering import Answer, Cell, Line


class Statistics(SignedIn):
    def get(self, request: Request, module: str) -> Response:
        found, tables = reading.opened(module, self.user)
        question, answers = reading.read(found, tables, self.user, request.query_params)
        ground = question.ground
        return Response(
            {
                "module": found.key,
                "title": found.title,
                "region": {"code": ground.chosen.code, "name": ground.chosen.name} if ground else None,
                "as_of": min((a.as_of for a in answers), default=None),
                "tables": [as_json(answer) for answer in answers],
            }
        )


def as_json(answer: Answer) -> dict[str, Any]:
    return {
        "key": answer.table.key,
        "title": answer.table.title,
        "unit": answer.table.unit,
        "period": answer.period,
        "as_of": answer.as_of,
        "columns": [{"key": key, "title": label} for key, label in answer.heads],
        "rows": [line_as_json(line) for line in answer.lines],
        "total": line_as_json(answer.total),
        "notes": list(answer.notes),
        "basis": answer.table.basis,
    }


def line_as_json(line: Line) -> dict[str, Any]:
    return {"key": line.key, "title": line.label, "cells": [cell_as_json(cell) for cell in line.cells]}


def cell_as_json(cell: Cell) -> dict[str, Any]:
    value = cell.value
    if value is not None:
        value = int(value) if float(value).is_integer() else round(value, 2)
    return {"value": value, "list": cell.list_url, "map": cell.map_url}
