"""What `manage.py check` says of the registry."""

from typing import Any

from django.core.checks import CheckMessage, Error, register

from layers.registry import registry


@register()
def check_registry(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    found = [Error(p, id="layers.E001") for m in registry for w in m.workflows for p in w.problems()]
    for model in {x.model for m in registry for x in (*m.layers, *m.records)}:
        if not hasattr(model._default_manager.all(), "visible_to") or not hasattr(model, "REGION_PATH"):
            found.append(Error(f"{model._meta.label}: objects must be ScopedQuerySet.as_manager() and name REGION_PATH.", id="layers.E002"))
    return list(found)
