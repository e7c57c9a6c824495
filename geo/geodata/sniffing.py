"""Which format a file has, by its content. Names are not asked: a VRT called .geojson is still a VRT."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from geo.geodata.limits import Unreadable

SQLITE = b"SQLite format 3\x00"
BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
ROOT = re.compile(rb"<\s*(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)")
GEOJSON = re.compile(
    rb'"type"\s*:\s*"(Feature|FeatureCollection|Point|LineString|Polygon|Multi\w+|GeometryCollection)"'
)
OTHERS = {
    b"OGRVRTDataSource": "GDAL 虚拟数据集（VRT）",
    b"VRTDataset": "GDAL 虚拟数据集（VRT）",
    b"gpx": "GPX 轨迹",
    b"FeatureCollection": "GML",
    b"osm": "OpenStreetMap 数据",
    b"svg": "SVG 图片",
}
NOT_ZIPPED = (".vrt", ".geojson", ".json", ".gpkg", ".zip", ".tab", ".mif")
TAKEN = "可以导入 GeoJSON、Shapefile 压缩包（zip）、GeoPackage、KML、KMZ，或带经纬度的表格（xlsx、csv）。"


def kind_of(head: bytes, path: Path) -> str:
    """ "geojson", "kml", "kmz", "shapefile", "gpkg", or "" for what is no geodata. Raises Unreadable."""
    if head.startswith(SQLITE):
        return "gpkg"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _in_zip(path)
    if head.startswith(b"\x00\x00\x27\x0a"):
        raise Unreadable("这是单独的 .shp 文件。请把同名的 .shp、.shx、.dbf、.prj 一起压缩成 zip 后上传。")
    text = head.lstrip(b"".join(BOMS) + b" \t\r\n")
    if text.startswith(b"{"):
        return "geojson" if GEOJSON.search(head) else ""
    if text.startswith(b"<"):
        return _in_xml(text)
    return ""


def _in_xml(text: bytes) -> str:
    bare = re.sub(rb"<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^\[>]*(\[.*?\])?\s*>", b"", text, flags=re.DOTALL)
    root = ROOT.search(bare)
    name = root.group(1) if root else b""
    if name in (b"kml", b"Document", b"Placemark", b"Folder"):
        return "kml"
    if name in OTHERS:
        raise Unreadable(f"这是{OTHERS[name]}，不接受。{TAKEN}")
    return ""


def _in_zip(path: Path) -> str:
    """A zip with a .shp or a .kml; office files and other zips are somebody else's."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name.lower() for name in archive.namelist()]
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return ""
    if any(name.startswith(("xl/", "word/", "ppt/")) for name in names):
        return ""
    if any(name.endswith((".shp", ".dbf", ".shx")) for name in names):
        return "shapefile"
    if any(name.endswith(".kml") for name in names):
        return "kmz"
    if any(name.endswith(NOT_ZIPPED) or ".gdb/" in name for name in names):
        raise Unreadable(f"压缩包里没有 Shapefile（.shp、.shx、.dbf）。GeoJSON、GeoPackage 请直接上传。{TAKEN}")
    return ""
