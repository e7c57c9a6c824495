"""Sources assessed before assessments were kept: the last one, as the source tells it, becomes the first on record."""

import datetime as dt
from typing import Any

from django.db import migrations
from django.utils import timezone

PAPERS = (
    "grading", "features", "msds", "drawings", "rules", "monitoring", "plan", "report", "key_parts", "signs", "others",
)  # fmt: skip


def plain(value: Any) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def keep(apps: Any, schema_editor: Any) -> None:
    def model(name: str) -> Any:
        return apps.get_model("hazard_sources", name)

    now = timezone.now()
    rows = model("HazardSource").objects.filter(grade__isnull=False, assessed_on__isnull=False)
    for source in rows.prefetch_related("items").iterator(chunk_size=500):
        model("PersonsCount").objects.create(
            source=source, persons=source.exposed_persons, basis="manual", reason="此前登记", at=now
        )
        assessment = model("Assessment").objects.create(
            source=source, n=1, on=source.assessed_on, trigger="other", assessor_kind="self", persons_basis="manual",
            inventory=[
                {"substance": i.substance, "class": i.symbol, "quantity_t": plain(i.quantity_t)}
                for i in sorted(source.items.all(), key=lambda item: item.position)
            ],
            persons=source.exposed_persons, persons_said=f"人工统计 {source.exposed_persons} 人", alpha=source.alpha,
            s=source.s, r=source.r, grade=source.grade, derivation=source.derivation,
            review_due_on=source.review_due_on, at=now,
        )  # fmt: skip
        filing = model("Filing").objects.create(
            source=source, assessment=assessment, due_on=source.assessed_on + dt.timedelta(days=15),
            number=source.filing_number if source.filed_on else "",
            accepted_at=at(source.filed_on) if source.filed_on and source.filing_number else None,
        )  # fmt: skip
        state = "given" if filing.accepted_at else "missing"
        model("FilingPaper").objects.bulk_create(
            model("FilingPaper")(filing=filing, key=key, state=state) for key in PAPERS
        )


def at(day: Any) -> Any:
    return timezone.make_aware(dt.datetime.combine(day, dt.datetime.min.time()))


class Migration(migrations.Migration):
    dependencies = [("hazard_sources", "0003_insert_only")]
    operations = [migrations.RunPython(keep, migrations.RunPython.noop)]
