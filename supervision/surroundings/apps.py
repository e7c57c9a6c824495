from django.apps import AppConfig


class SurroundingsConfig(AppConfig):
    name = "supervision.surroundings"
    label = "surroundings"
    verbose_name = "周边环境与防护目标"
