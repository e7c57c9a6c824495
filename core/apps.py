from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class CoreConfig(AppConfig):
    name = "core"
    verbose_name = "内核"

    def ready(self) -> None:
        from core import audit, roles
        from core.documents import jobs  # noqa: F401 (every worker must know how to make a PDF)
        from core.imports import geodata_readers, readers  # noqa: F401
        from core.imports import jobs as import_jobs  # noqa: F401 (and how to read a file)

        post_migrate.connect(audit.attach_triggers, sender=self)
        # Permissions are made app by app, in order: the groups can be filled when the last app is done.
        post_migrate.connect(roles.sync_groups, sender=list(apps.get_app_configs())[-1])
