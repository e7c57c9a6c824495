from django.apps import AppConfig


class EnterprisesConfig(AppConfig):
    name = "supervision.enterprises"
    label = "enterprises"
    verbose_name = "企业数据中心"
