from django.apps import AppConfig


class PlansConfig(AppConfig):
    name = "command_center.plans"
    label = "plans"
    verbose_name = "应急预案"
