from django.apps import AppConfig


class DispatchConfig(AppConfig):
    name = "command_center.dispatch"
    label = "dispatch"
    verbose_name = "力量调派"
