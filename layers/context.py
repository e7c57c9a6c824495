"""What every page of the shell needs: the entries of the top bar, the reader's region, and where the feed stands."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from core import events
from core.models import User
from layers.registry import Nav, registry


def shell(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    if not isinstance(user, User) or not user.is_authenticated:
        return {"nav": [], "region_name": "", "boot": {}}
    return {
        "nav": navigation(user, request),
        "region_name": user.region.name if user.region else settings.CITY["name"],
        "boot": boot(user, request),
    }


def navigation(user: User, request: HttpRequest) -> list[dict[str, Any]]:
    """The map first, then what each module offers this user. The statistics of all modules are one entry."""
    path, here = request.path, request.resolver_match.url_name if request.resolver_match else ""
    entries = [{"title": "一张图", "url": reverse("map"), "key": "m", "active": path == reverse("map")}]
    items = sorted((nav for module in registry for nav in module.nav), key=lambda nav: nav.order)
    for nav in items:
        is_open = user.has_perm(nav.permission) and not (nav.officials_only and user.scope.site_id is not None)
        url = address(nav) if is_open else ""
        if url:
            is_here = path.startswith(url) or nav.url_name == here == "statistics"
            entries.append({"title": nav.title, "url": url, "key": "", "active": is_here})
    return entries


def address(nav: Nav) -> str:
    try:
        return reverse(nav.url_name, args=nav.args)
    except NoReverseMatch:
        if settings.DEBUG:
            raise
        return ""


def boot(user: User, request: HttpRequest) -> dict[str, Any]:
    """For the page's module. The cursor is kept from before the view ran, so that the page can miss nothing."""
    return {
        "cursor": getattr(request, "feed_cursor", None) or events.cursor(),
        "now": timezone.now().isoformat(),
        "user": {"name": user.name or user.username, "username": user.username},
    }
