"""The OpenAPI description of views that answer plain objects: their shape is told by their docstring."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes


class Schema(AutoSchema):
    """What a view does not declare is an object; an operation is named by its method and address."""

    def get_request_serializer(self) -> Any:
        return super().get_request_serializer() if self._declares() else OpenApiTypes.OBJECT

    def get_response_serializers(self) -> Any:
        return super().get_response_serializers() if self._declares() else OpenApiTypes.OBJECT

    def get_operation_id(self) -> str:
        words = [part.strip("{}").replace("-", "_").replace(".", "_") for part in self.path.split("/") if part]
        one = ["one"] if self.path.rstrip("/").endswith("}") else []
        return "_".join([self.method.lower(), *words[2:], *one])

    def _declares(self) -> bool:
        return hasattr(self.view, "serializer_class") or hasattr(self.view, "get_serializer_class")
