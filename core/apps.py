from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CoreConfig(AppConfig):
    name = "core"
    verbose_name = "内核"

    def ready(self) -> None:
        from core import audit, roles

        post_migrate.connect(audit.attach_triggers, sender=self)
        post_migrate.connect(roles.sync_groups, sender=self)
