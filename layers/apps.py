from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules


class LayersConfig(AppConfig):
    name = "layers"
    verbose_name = "一张图"

    def ready(self) -> None:
        from layers import checks, record_sheets, versions  # noqa: F401

        post_migrate.connect(versions.attach_triggers, sender=self)
        post_migrate.connect(versions.index_tile_geometry, sender=self)
        autodiscover_modules("manifest")
