from django.apps import AppConfig


class IncidentsConfig(AppConfig):
    name = "command_center.incidents"
    label = "incidents"
    verbose_name = "突发事件"
