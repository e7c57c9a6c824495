"""Which of the few known coordinate systems a file declares. Its words are compared, never handed to PROJ or GDAL."""

from __future__ import annotations

import re
from dataclasses import dataclass

from geo.coordinates import Datum
from geo.geodata.limits import Unreadable

WEB_MERCATOR = "epsg3857"
BY_EPSG = {
    4490: Datum.CGCS2000.value, 4326: Datum.WGS84.value, 4548: Datum.ZONE_39.value, 4549: Datum.ZONE_40.value,
    4527: Datum.ZONE_39.value, 4528: Datum.ZONE_40.value, 3857: WEB_MERCATOR, 900913: WEB_MERCATOR,
}  # fmt: skip
TITLES = {**{d.value: d.label for d in Datum}, WEB_MERCATOR: "Web 墨卡托（EPSG:3857）"}
# Which of the two a geographic file is says nothing about where Chinese map services have moved its points.
GEOGRAPHIC = {Datum.CGCS2000.value, Datum.WGS84.value}
SHIFTED = {Datum.GCJ02.value, Datum.BD09.value}
OLD = {"xian": "西安 1980", "beijing": "北京 1954", "pulkovo": "北京 1954（Pulkovo）"}
LONGEST = 20_000


@dataclass(frozen=True)
class Declared:
    """What a file says: a known system, or only a name of one that is not; both empty when it says nothing."""

    system: str = ""
    name: str = ""
    is_assumed: bool = False  # the format says what holds when the file says nothing


NOTHING = Declared()


def by_code(organization: str, code: int, name: str = "") -> Declared:
    if organization.upper() in ("EPSG", "CGCS2000") and code in BY_EPSG:
        return Declared(BY_EPSG[code])
    return Declared(name=name[:60] or f"{organization[:20]}:{code}")


def by_text(text: str) -> Declared:
    """From the well-known text of a .prj, an ESRI or an OGC one."""
    text = text[:LONGEST].strip("\ufeff \t\r\n\0")
    if not text:
        return NOTHING
    name = _first(r'^\s*\w+\s*\[\s*"([^"]*)"', text)
    flat = re.sub(r"[\s_]+", " ", text).lower()
    for word, title in OLD.items():
        if word in flat:
            return Declared(name=title)
    is_projected = flat.startswith(("projcs", "projcrs"))
    is_cgcs = "china 2000" in flat or "china geodetic coordinate system 2000" in flat or "cgcs2000" in flat
    is_wgs = "wgs 1984" in flat or "wgs 84" in flat or "wgs84" in flat
    if not is_projected and (is_cgcs or is_wgs) and flat.startswith(("geogcs", "geogcrs", "geodcrs")):
        return Declared(Datum.CGCS2000.value if is_cgcs else Datum.WGS84.value)
    if (
        is_projected
        and is_wgs
        and ("web mercator" in flat or "pseudo-mercator" in flat or "popular visualisation" in flat)
    ):
        return Declared(WEB_MERCATOR)
    if is_projected and is_cgcs and ("transverse mercator" in flat or "gauss kruger" in flat):
        meridian = _number(r'central meridian"\s*,\s*(-?[\d.]+)', flat) or _number(
            r'longitude of natural origin"\s*,\s*(-?[\d.]+)', flat
        )
        zone = {117.0: Datum.ZONE_39.value, 120.0: Datum.ZONE_40.value}.get(meridian or 0.0, "")
        return Declared(zone) if zone else Declared(name=name[:60])
    return Declared(name=name[:60] or text[:40])


def by_urn(text: str) -> Declared:
    """The `crs` of an old GeoJSON: a name, no address."""
    flat = text.strip().upper()
    if flat in ("URN:OGC:DEF:CRS:OGC:1.3:CRS84", "URN:OGC:DEF:CRS:OGC::CRS84", "OGC:CRS84"):
        return Declared(Datum.WGS84.value)
    code = _first(r"^(?:URN:OGC:DEF:CRS:)?EPSG:[\d.]*:?(\d{4,6})$", flat)
    return by_code("EPSG", int(code), text.strip()) if code else Declared(name=text.strip()[:60])


def chosen(declared: Declared, wish: str) -> tuple[str, str]:
    """(the system to read in, what the person should know). Raises Unreadable where two statements contradict."""
    if declared.name in OLD.values():
        raise Unreadable(
            f"文件的坐标系是{declared.name}，与现行坐标系相差几十到上百米，不能直接换算。请先转换为 CGCS2000 再上传。"
        )
    if declared.is_assumed and declared.system in GEOGRAPHIC and wish not in SHIFTED:
        return wish, "" if wish in GEOGRAPHIC else f"按您选择的 {TITLES[wish]} 读取。"
    if not declared.system:
        said = f"不认识文件声明的坐标系“{declared.name}”" if declared.name else "文件没有声明坐标系"
        return wish, f"{said}，按您选择的 {TITLES[wish]} 读取。"
    title = TITLES[declared.system]
    if declared.system == wish or (declared.system in GEOGRAPHIC and wish in GEOGRAPHIC):
        return declared.system, ""
    if declared.system in GEOGRAPHIC and wish in SHIFTED:
        # There is no well-known text for the shifted systems: such files call themselves WGS-84.
        said = "这种格式规定用" if declared.is_assumed else "文件标注为"
        return wish, f"{said} {title}，按您选择的 {TITLES[wish]} 换算。"
    if wish in GEOGRAPHIC:
        return declared.system, f"按文件声明的 {title} 换算。"
    raise Unreadable(f"您选择的坐标系是 {TITLES[wish]}，文件声明的是 {title}，两者矛盾。请核对后重新选择。")


def _first(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    return found.group(1) if found else ""


def _number(pattern: str, text: str) -> float | None:
    found = _first(pattern, text)
    try:
        return float(found) if found else None
    except ValueError:
        return None
