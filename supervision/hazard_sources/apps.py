from django.apps import AppConfig


class HazardSourcesConfig(AppConfig):
    name = "supervision.hazard_sources"
    label = "hazard_sources"
    verbose_name = "重大危险源"
