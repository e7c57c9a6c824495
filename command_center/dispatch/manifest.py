"""力量调派 in the panel: who is sent to an incident, and what a team is doing."""

from command_center.dispatch import selectors
from command_center.dispatch.workflow import ASSIGNMENT
from command_center.incidents.models import Incident
from command_center.resources.models import Team
from layers.registry import Module, Tab, registry

VIEW = ("dispatch.view_assignment",)
SEND = ("dispatch.add_assignment", "dispatch.change_assignment")

registry.add(
    Module(
        key="dispatch",
        title="力量调派",
        tabs=(
            Tab(
                key="forces",
                title="力量",
                on=Incident,
                template="dispatch/tab_forces.html",
                context=selectors.tab,
                badge=selectors.live_count,
                permission="dispatch.view_assignment",
                order=30,
            ),
            Tab(
                key="missions",
                title="任务",
                on=Team,
                template="dispatch/tab_missions.html",
                context=selectors.unit_tab,
                permission="dispatch.view_assignment",
                order=20,
            ),
        ),
        workflows=(ASSIGNMENT,),
        urls="command_center.dispatch.urls",
        api_urls="command_center.dispatch.api_urls",
        grants={
            "*": (*VIEW, "dispatch.answer_assignment"),
            "duty": SEND,
            "leader": SEND,
            "coordinator": SEND,
        },
        order=20,
    )
)
