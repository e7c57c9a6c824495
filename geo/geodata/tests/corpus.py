"""Files made by code, good and bad: what people and attackers send. Places are in or near the city."""

from __future__ import annotations

import io
import json
import sqlite3
import struct
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import shapely

from geo.coordinates import from_cgcs2000, to_web_mercator

# name, people, longitude, latitude in CGCS2000
PLACES = [
    ("实验小学", 820, 118.4521, 37.0512),
    ("中心医院", 260, 118.4634, 37.0433),
    ("和安花园", 1900, 118.4412, 37.0618),
]
FIELDS = ("名称", "人数")
PRJ = {
    4490: 'GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,'
    '298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]',
    4326: 'GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],'
    'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]',
    4548: 'PROJCS["CGCS2000_3_Degree_GK_CM_117E",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",'
    'DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],'
    'UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",500000.0],'
    'PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",117.0],PARAMETER["Scale_Factor",1.0],'
    'PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]',
    4528: 'PROJCS["CGCS2000_3_Degree_GK_Zone_40",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",'
    'DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],'
    'UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",40500000.0],'
    'PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",120.0],PARAMETER["Scale_Factor",1.0],'
    'PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]',
    3857: 'PROJCS["WGS_1984_Web_Mercator_Auxiliary_Sphere",GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",'
    'SPHEROID["WGS_1984",6378137.0,298.257223563]]],PROJECTION["Mercator_Auxiliary_Sphere"],UNIT["Meter",1.0]]',
    2436: 'PROJCS["Beijing_1954_3_Degree_GK_CM_117E",GEOGCS["GCS_Beijing_1954",DATUM["D_Beijing_1954"]]]',
    32650: 'PROJCS["WGS_1984_UTM_Zone_50N",GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984"]],'
    'PROJECTION["Transverse_Mercator"],PARAMETER["Central_Meridian",117.0],UNIT["Meter",1.0]]',
}  # fmt: skip


def in_system(lon: float, lat: float, system: str) -> tuple[float, float]:
    if system == "epsg3857":
        return to_web_mercator(lon, lat)
    if system == "epsg4528":
        x, y = from_cgcs2000(lon, lat, "epsg4549")
        return x + 40_000_000, y
    return from_cgcs2000(lon, lat, system)


def rows(system: str = "cgcs2000") -> list[tuple[dict[str, Any], Any]]:
    return [({"名称": n, "人数": p}, shapely.Point(in_system(x, y, system))) for n, p, x, y in PLACES]


def square(lon: float = 118.45, lat: float = 37.05, half: float = 0.002) -> Any:
    return shapely.box(lon - half, lat - half, lon + half, lat + half)


def geojson(features: Sequence[tuple[dict[str, Any], Any]] | None = None, **members: Any) -> bytes:
    found = [
        {"type": "Feature", "properties": values,
         "geometry": json.loads(shapely.to_geojson(shape)) if isinstance(shape, shapely.Geometry) else shape}
        for values, shape in (rows() if features is None else features)
    ]  # fmt: skip
    return json.dumps({"type": "FeatureCollection", **members, "features": found}, ensure_ascii=False).encode()


def kml(features: Sequence[tuple[dict[str, Any], Any]] | None = None, *, head: str = "", extra: str = "") -> bytes:
    marks = "".join(
        f"<Placemark><name>{values['名称']}</name><ExtendedData><Data name='人数'><value>{values['人数']}</value>"
        f"</Data></ExtendedData>{_kml_shape(shape)}</Placemark>"
        for values, shape in (rows() if features is None else features)
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{head}<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
        f"<Folder><name>学校</name>{marks}</Folder>{extra}</Document></kml>"
    ).encode()


def _kml_shape(shape: Any) -> str:
    def text(coordinates: Any) -> str:
        return " ".join(f"{x},{y},12.5" for x, y in coordinates)

    if shape.geom_type == "Point":
        return f"<Point><coordinates>{text(shape.coords)}</coordinates></Point>"
    if shape.geom_type == "LineString":
        return f"<LineString><coordinates>{text(shape.coords)}</coordinates></LineString>"
    if shape.geom_type == "Polygon":
        ring = f"<LinearRing><coordinates>{text(shape.exterior.coords)}</coordinates></LinearRing>"
        return f"<Polygon><outerBoundaryIs>{ring}</outerBoundaryIs></Polygon>"
    return f"<MultiGeometry>{''.join(_kml_shape(part) for part in shape.geoms)}</MultiGeometry>"


def zipped(members: dict[str, bytes], *, level: int = 6) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def shapefile_parts(
    features: Sequence[tuple[dict[str, Any], Any]] | None = None, *, encoding: str = "utf-8", ldid: int = 0
) -> dict[str, bytes]:
    """.shp, .shx and .dbf of points or polygons, written out byte by byte (the format is published by ESRI)."""
    found = list(rows() if features is None else features)
    kind = 5 if found[0][1].geom_type.endswith("Polygon") else 1
    records = [_shape_record(shape, kind) for _values, shape in found]
    bounds = shapely.total_bounds([shape for _values, shape in found])
    shp, shx, offset = b"", b"", 50
    for number, record in enumerate(records, start=1):
        shp += struct.pack(">ii", number, len(record) // 2) + record
        shx += struct.pack(">ii", offset, len(record) // 2)
        offset += 4 + len(record) // 2

    def header(size: int) -> bytes:
        return struct.pack(">7i", 9994, 0, 0, 0, 0, 0, (100 + size) // 2) + struct.pack(
            "<2i8d", 1000, kind, *bounds, 0, 0, 0, 0
        )

    return {
        ".shp": header(len(shp)) + shp,
        ".shx": header(len(shx)) + shx,
        ".dbf": dbf([values for values, _shape in found], encoding=encoding, ldid=ldid),
    }


def _shape_record(shape: Any, kind: int) -> bytes:
    if kind == 1:
        return struct.pack("<i2d", 1, shape.x, shape.y)
    rings = [shapely.geometry.polygon.orient(p, -1) for p in getattr(shape, "geoms", [shape])]
    parts = [list(r.coords) for p in rings for r in (p.exterior, *p.interiors)]
    points = [c for part in parts for c in part]
    starts = [sum(len(p) for p in parts[:at]) for at in range(len(parts))]
    return (
        struct.pack("<i4d2i", 5, *shape.bounds, len(parts), len(points))
        + struct.pack(f"<{len(parts)}i", *starts)
        + b"".join(struct.pack("<2d", *c) for c in points)
    )


def dbf(values: Sequence[dict[str, Any]], *, encoding: str = "utf-8", ldid: int = 0) -> bytes:
    names = list(values[0])
    fields = [
        (n, "N" if isinstance(values[0][n], int) else "C", 12 if isinstance(values[0][n], int) else 60) for n in names
    ]
    size = 1 + sum(width for _name, _kind, width in fields)
    out = struct.pack("<4BIHH20x", 3, 126, 11, 24, len(values), 33 + 32 * len(fields), size)
    out = out[:29] + bytes([ldid]) + out[30:]
    for name, kind, width in fields:
        out += struct.pack("<11sc4xBB14x", name.encode(encoding)[:10], kind.encode(), width, 0)
    out += b"\r"
    for row in values:
        out += b" "
        for name, kind, width in fields:
            text = str(row[name]).encode(encoding)[:width]
            out += text.rjust(width) if kind == "N" else text.ljust(width)
    return out + b"\x1a"


def shapefile(
    features: Sequence[tuple[dict[str, Any], Any]] | None = None, *, epsg: int | None = 4490, encoding: str = "utf-8",
    cpg: str = "", ldid: int = 0, leave_out: Sequence[str] = (), name: str = "schools",
) -> bytes:  # fmt: skip
    parts = shapefile_parts(features, encoding=encoding, ldid=ldid)
    if epsg:
        parts[".prj"] = PRJ[epsg].encode()
    if cpg:
        parts[".cpg"] = cpg.encode()
    return zipped({f"{name}{tail}": content for tail, content in parts.items() if tail not in leave_out})


def geopackage(
    path: Path, features: Sequence[tuple[dict[str, Any], Any]] | None = None, *, epsg: int = 4490,
    then: Callable[[sqlite3.Connection], None] | None = None, kind: str = "POINT",
) -> None:  # fmt: skip
    found = list(rows() if features is None else features)
    connection = sqlite3.connect(path)
    connection.executescript(
        """PRAGMA application_id = 1196444487; PRAGMA user_version = 10300;
        CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT, srs_id INTEGER PRIMARY KEY, organization TEXT,
          organization_coordsys_id INTEGER, definition TEXT, description TEXT);
        CREATE TABLE gpkg_contents (table_name TEXT PRIMARY KEY, data_type TEXT, identifier TEXT, description TEXT,
          last_change TEXT, min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER);
        CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, geometry_type_name TEXT, srs_id INTEGER,
          z TINYINT, m TINYINT);
        CREATE TABLE places (fid INTEGER PRIMARY KEY, geom BLOB, "名称" TEXT, "人数" INTEGER);"""
    )
    connection.execute(
        "INSERT INTO gpkg_spatial_ref_sys VALUES ('?', ?, 'EPSG', ?, ?, '')", [epsg, epsg, PRJ.get(epsg, "")]
    )
    connection.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES ('places', 'features', 'p', ?)",
        [epsg],
    )
    connection.execute("INSERT INTO gpkg_geometry_columns VALUES ('places', 'geom', ?, ?, 0, 0)", [kind, epsg])
    for values, shape in found:
        blob = None if shape is None else b"GP\x00\x01" + struct.pack("<i", epsg) + shapely.to_wkb(shape)
        connection.execute(
            'INSERT INTO places (geom, "名称", "人数") VALUES (?, ?, ?)', [blob, values["名称"], values["人数"]]
        )
    if then:
        then(connection)
    connection.commit()
    connection.close()


VRT = b"""<OGRVRTDataSource><OGRVRTLayer name="passwd"><SrcDataSource>/vsicurl/http://example.invalid/x.csv</SrcDataSource>
<GeometryType>wkbPoint</GeometryType></OGRVRTLayer></OGRVRTDataSource>"""
