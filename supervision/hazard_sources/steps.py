"""The steps of a source by name: what each asks and which service takes it. Pages and the API share it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError

from core.models import User
from core.workflow import Transition
from supervision.hazard_sources import assessing, cancelling, filing, reviews, step_forms
from supervision.hazard_sources.models import HazardSource
from supervision.hazard_sources.workflow import HAZARD_SOURCE, NO_BUTTON


@dataclass(frozen=True)
class Step:
    """One step as people take it; `transition` is the workflow's name for it."""

    take: Callable[..., HazardSource]
    form: type[step_forms.StepForm] | None = None
    transition: str = ""


STEPS = {
    "identify": Step(assessing.identify_source),
    "assess": Step(assessing.assess_source, step_forms.AssessForm),
    "submit": Step(filing.submit),
    "return": Step(filing.send_back, step_forms.ReturnForm),
    "file": Step(filing.file_source, step_forms.FileForm),
    "recall": Step(reviews.recall_source, step_forms.RecallForm),
    "apply_cancel": Step(cancelling.apply, step_forms.CancelForm),
    # To which state it leads back is the application's matter.
    "refuse_cancel": Step(cancelling.refuse, step_forms.NoteForm, "refuse_cancel_filed"),
    "cancel": Step(cancelling.cancel_source, step_forms.NoteForm),
}
RENAMED = {"apply_cancel": {"note": "reason"}}


def transition_of(name: str) -> Transition | None:
    step = STEPS.get(name)
    return HAZARD_SOURCE.by_name[step.transition or name] if step else None


def open_to(source: HazardSource, user: User) -> list[dict[str, Any]]:
    """The steps this person could take now, each once, with whether it asks something first."""
    names = dict.fromkeys(_name(t.name) for t in HAZARD_SOURCE.open_to(source, user) if t.name not in NO_BUTTON)
    return [{"name": name, "step": transition_of(name), "asks": STEPS[name].form is not None} for name in names]


def take(
    source: HazardSource, user: User, name: str, given: Mapping[str, Any], version: int | None = None
) -> HazardSource:
    """Take a step with what a form or a body gave. Raises ValidationError by field for what the form refuses."""
    step = STEPS[name]
    values: dict[str, Any] = {}
    if step.form is not None:
        form = step.form(dict(given))
        if not form.is_valid():
            raise ValidationError({key: [str(e) for e in errors] for key, errors in form.errors.items()})
        values = {RENAMED.get(name, {}).get(key, key): value for key, value in form.cleaned_data.items()}
    return step.take(source, actor=user, expected_version=version, **values)


def _name(transition: str) -> str:
    return "refuse_cancel" if transition.startswith("refuse_cancel") else transition
