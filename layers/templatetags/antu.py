"""Template tags of the page shell: the import map, module preloads and module start."""

import json

from django import template
from django.template.context import RequestContext
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from layers import modules

register = template.Library()


@register.simple_tag(takes_context=True)
def importmap(context: RequestContext) -> SafeString:
    """The only inline script of a page, let through by the nonce. `<` cannot occur in it: it holds file names."""
    nonce = str(context["request"].csp_nonce)
    body = json.dumps(modules.import_map(), ensure_ascii=True).replace("<", "\\u003c")
    return format_html('<script type="importmap" nonce="{}">{}</script>', nonce, mark_safe(body))


@register.simple_tag
def start_module(path: str) -> SafeString:
    """Starts an ES module and asks at once for all it imports: {% start_module "layers/js/x.js" %}."""
    addresses = ((static(name),) for name in modules.graph(path))
    preloads = format_html_join("\n", '<link rel="modulepreload" href="{}">', addresses)
    return format_html('{}\n<script type="module" src="{}"></script>', preloads, static(path))


@register.filter
def distance(metres: float | None) -> str:
    """A length as people say it, as format.js does: 850 米, 4.87 公里."""
    if metres is None:
        return ""
    return f"{metres:.0f} 米" if metres < 1000 else f"{metres / 1000:.{2 if metres < 10000 else 1}f} 公里"


@register.simple_tag
def vendored(package: str, file: str) -> str:
    """The address of a vendored file whose version is in vendor.lock.json: {% vendored "ol" "ol.css" %}."""
    return static(modules.vendored_file(package, file))
