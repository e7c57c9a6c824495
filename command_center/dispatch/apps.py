from django.apps import AppConfig


class DispatchConfig(AppConfig):
    name = "command_center.dispatch"
    label = "dispatch"
    verbose_name = "力量调派"

    def ready(self) -> None:
        from command_center.dispatch import gates  # noqa: F401  # ending an incident asks whether units are still out
