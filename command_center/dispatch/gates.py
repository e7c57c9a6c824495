"""An incident is not over while units are still out for it."""

from command_center.dispatch.models import Assignment
from command_center.incidents import gates
from command_center.incidents.models import Incident


@gates.before_closing
def no_unit_is_out(incident: Incident) -> str:
    out = [a.unit.name for a in Assignment.objects.filter(incident=incident).live().select_related("unit")[:4]]
    if not out:
        return ""
    names = "、".join(out[:3]) + (" 等" if len(out) > 3 else "")
    return f"还有队伍没有解除：{names}。请先在“力量”中解除或取消。"
