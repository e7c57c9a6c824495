"""What page, sheet and API have in common: who may read a module's statistics, and what they see of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.utils import timezone

from core.models import User
from layers.registry import Module, registry
from layers.statistics import counting
from layers.statistics.answering import Answer, answers
from layers.statistics.asking import Asked, asked
from layers.statistics.declaring import Table

REFUSED = "统计只对监管人员开放，企业账号请在企业主页查看本企业的档案。"
NO_RIGHT = "您的账号没有查看这项统计的权限。需要时请联系系统管理员开通。"


def tables_for(module: Module, user: User) -> tuple[Table, ...]:
    tables = (one for one in module.statistics if isinstance(one, Table))
    return tuple(table for table in tables if counting.records_of(table.records, user) is not None)


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


def read(tables: tuple[Table, ...], user: User, given: Mapping[str, Any]) -> tuple[Asked, list[Answer]]:
    question = asked(user, {k: v for k, v in given.items() if v != ""}, timezone.localdate())
    if question.table:
        chosen = tuple(table for table in tables if table.key == question.table)
        if not chosen:
            known = "、".join(table.key for table in tables)
            raise ValidationError(f"没有统计表“{question.table[:40]}”。可用：{known}。")
        tables = chosen
    return question, answers(tables, question)
