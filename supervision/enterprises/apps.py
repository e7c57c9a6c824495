from django.apps import AppConfig


class EnterprisesConfig(AppConfig):
    name = "supervision.enterprises"
    label = "enterprises"
    verbose_name = "企业数据中心"

    def ready(self) -> None:
        from supervision.enterprises import contradiction_rules  # noqa: F401  # declares its rules
