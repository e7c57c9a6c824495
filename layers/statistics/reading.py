"""What page, sheet and API have in common: who may read a module's statistics, and what they see of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.utils import timezone

from core import jobs
from core.models import User
from layers.registry import Module, registry
from layers.statistics.answering import Answer, answers, tables_for
from layers.statistics.asking import Asked, asked
from layers.statistics.declaring import Table

REFUSED = "统计只对监管人员开放，企业账号请在企业主页查看本企业的档案。"
NO_RIGHT = "您的账号没有查看这项统计的权限。需要时请联系系统管理员开通。"


def modules_for(user: User) -> list[Module]:
    """The modules whose statistics this user may read."""
    if user.scope.site_id is not None:
        return []
    return [module for module in registry if tables_for(module, user)]


def opened(key: str, user: User) -> tuple[Module, tuple[Table, ...]]:
    module = registry.module(key)
    if module is None or not module.statistics:
        raise Http404
    if user.scope.site_id is not None:
        raise PermissionDenied(REFUSED)
    tables = tables_for(module, user)
    if not tables:
        raise PermissionDenied(NO_RIGHT)
    return module, tables


def read(module: Module, tables: tuple[Table, ...], user: User, given: Mapping[str, Any]) -> tuple[Asked, list[Answer]]:
    question = asked(user, module.key, {k: v for k, v in given.items() if v != ""}, timezone.localdate())
    if question.table:
        chosen = tuple(table for table in tables if table.key == question.table)
        if not chosen:
            known = "、".join(table.key for table in tables)
            raise ValidationError(f"没有统计表“{question.table[:40]}”。可用：{known}。")
        tables = chosen
    found = answers(tables, question)
    if any(answer.is_due for answer in found):
        have_renewed(question)
    return question, found


def have_renewed(question: Asked) -> None:
    """The worker counts what of this page is behind, for whoever looks next."""
    from layers.jobs import renew_statistics  # the job calls this package

    period = {name: value for name, value in question.query.items() if name in ("from", "to")}
    key = ":".join([question.module, str(question.user.pk), *period.values()])
    jobs.enqueue(renew_statistics, key=key, module=question.module, user=question.user.pk, period=period)
