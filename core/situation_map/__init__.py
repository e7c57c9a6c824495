"""The situation map of a report: one HTML file that opens anywhere, without network, as the duty officer saw it."""

from core.situation_map.page import Feature, Layer, render

__all__ = ["Feature", "Layer", "render"]
