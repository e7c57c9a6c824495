"""The readers of geodata, for records with a place: declared here, written in geo.geodata, known by content."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from core.imports.reading import Reader, Refused, register
from geo.geodata.limits import Unreadable
from geo.geodata.sniffing import kind_of


def takes(kind: str) -> Callable[[bytes, Path], bool]:
    def is_it(head: bytes, path: Path) -> bool:
        try:
            return kind_of(head, path) == kind
        except Unreadable as error:
            raise Refused(str(error)) from error

    return is_it


def _geodata(kind: str, title: str, run: str) -> Reader:
    return register(Reader(kind=kind, title=title, takes=takes(kind), run=f"geo.geodata.{run}", has_geometry=True))


SHAPEFILE = _geodata("shapefile", "Shapefile 压缩包（zip）", "shapefile:read")
GEOPACKAGE = _geodata("gpkg", "GeoPackage（gpkg）", "geopackage:read")
GEOJSON = _geodata("geojson", "GeoJSON", "geojson:read")
KML = _geodata("kml", "KML", "kml:read")
KMZ = _geodata("kmz", "KMZ", "kml:read_kmz")
