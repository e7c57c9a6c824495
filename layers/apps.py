from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class LayersConfig(AppConfig):
    name = "layers"
    verbose_name = "一张图"

    def ready(self) -> None:
        from layers import checks  # noqa: F401

        autodiscover_modules("manifest")
