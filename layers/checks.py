"""What `manage.py check` says of the registry."""

from typing import Any

from django.core.checks import CheckMessage, Error, register

from layers.registry import registry


@register()
def check_registry(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    found = [Error(p, id="layers.E001") for m in registry for w in m.workflows for p in w.problems()]
    models = {layer.model for m in registry for layer in m.layers} | {r.model for m in registry for r in m.records}
    for model in models:
        if not hasattr(model._default_manager.all(), "visible_to") or not hasattr(model, "REGION_PATH"):
            message = f"{model._meta.label}: objects must be ScopedQuerySet.as_manager() and name REGION_PATH."
            found.append(Error(message, id="layers.E002"))
    return list(found)
