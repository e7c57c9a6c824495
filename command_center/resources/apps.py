from django.apps import AppConfig


class ResourcesConfig(AppConfig):
    name = "command_center.resources"
    label = "resources"
    verbose_name = "应急资源"
