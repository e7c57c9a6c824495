"""GeoPackage as what it is, an SQLite file: one table is read, by a connection that may do nothing else.

No view, no virtual table, no generated column, no function: what a hostile file could hide its code in is not run.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import shapely

from geo.geodata import crs
from geo.geodata.attributes import date_of, tidy, value_of
from geo.geodata.features import Feature, Line, Source, lines
from geo.geodata.limits import MB, MOST_COLUMNS, MOST_VERTICES, Unreadable, feature_limit

ENVELOPES = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}
BROKEN = "GeoPackage 已损坏或不完整，请重新导出后上传。"
TABLES = {"gpkg_contents", "gpkg_geometry_columns", "gpkg_spatial_ref_sys", "sqlite_master"}


def read(path: Path, options: dict[str, Any]) -> Iterator[Line]:
    try:
        with closing(connected(path)) as connection:
            yield from lines(opened(connection), options)
    except Unreadable as error:
        yield {"refused": str(error)}
    except sqlite3.Error:
        yield {"refused": BROKEN}


def connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 32 * MB)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    return connection


def opened(connection: sqlite3.Connection) -> Source:
    allowed = set(TABLES)
    connection.set_authorizer(_Guard(allowed))
    table = _table(connection)
    allowed.add(table)
    geometry, srs = _geometry_column(connection, table)
    columns = _columns(connection, table)
    if geometry not in columns:
        raise Unreadable(BROKEN)
    (count,) = _one(connection, f"SELECT max(rowid) FROM {_quoted(table)}") or (0,)
    if not count:
        raise Unreadable("文件里没有要素（图层是空的）。")
    plain = [name for name, kind in columns.items() if name != geometry and "BLOB" not in kind]
    rows = _rows(connection, table, geometry, plain, columns)
    return Source(plain, rows, declared=_declared(connection, srs))


class _Guard:
    """What a statement may touch: to read from the allowed tables, and to ask for a table's columns."""

    def __init__(self, tables: set[str]) -> None:
        self.tables = tables

    def __call__(self, action: int, one: str | None, two: str | None, _base: str | None, _in: str | None) -> int:
        if action == sqlite3.SQLITE_SELECT:
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_READ and one in self.tables:
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_PRAGMA and one == "table_xinfo" and two in self.tables:
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_FUNCTION and two in ("max", "lower"):
            return sqlite3.SQLITE_OK
        return sqlite3.SQLITE_DENY


def _table(connection: sqlite3.Connection) -> str:
    """The one layer of features; it must be a plain table."""
    kinds = {
        name: (kind, sql or "") for name, kind, sql in connection.execute("SELECT name, type, sql FROM sqlite_master")
    }
    if any(not _is_plain(kinds.get(name)) for name in TABLES - {"sqlite_master"}):
        raise Unreadable("这是 SQLite 数据库，但不是 GeoPackage（缺少 gpkg_contents 等表）。")
    layers = [
        name for (name,) in connection.execute("SELECT table_name FROM gpkg_contents WHERE data_type = 'features'")
    ]
    if not layers:
        raise Unreadable("GeoPackage 里没有矢量图层。")
    if len(layers) > 1:
        listed = "、".join(str(name)[:30] for name in layers[:6])
        raise Unreadable(f"GeoPackage 里有 {len(layers)} 个图层（{listed}），请只留要导入的一个。")
    if not _is_plain(kinds.get(layers[0])):
        raise Unreadable(
            f"图层“{str(layers[0])[:40]}”不是普通的表（是视图或虚拟表），不接受。请另存为新的 GeoPackage。"
        )
    return str(layers[0])


def _is_plain(found: tuple[str, str] | None) -> bool:
    return found is not None and found[0] == "table" and not found[1].lstrip().upper().startswith("CREATE VIRTUAL")


def _geometry_column(connection: sqlite3.Connection, table: str) -> tuple[str, Any]:
    found = _one(
        connection, "SELECT column_name, srs_id FROM gpkg_geometry_columns WHERE lower(table_name) = lower(?)", table
    )
    if found is None:
        raise Unreadable(BROKEN)
    return str(found[0]), found[1]


def _columns(connection: sqlite3.Connection, table: str) -> dict[str, str]:
    """Name -> declared type; computed columns are left out, for their expressions would run."""
    found = {
        str(name): str(kind or "").upper()
        for _id, name, kind, _notnull, _default, _pk, hidden in connection.execute(
            f"PRAGMA table_xinfo({_quoted(table)})"
        )
        if not hidden
    }
    if len(found) > MOST_COLUMNS:
        raise Unreadable(f"属性超过 {MOST_COLUMNS} 项，请删去与导入无关的属性。")
    return found


def _declared(connection: sqlite3.Connection, srs: Any) -> crs.Declared:
    found = _one(
        connection,
        "SELECT organization, organization_coordsys_id, srs_name, definition FROM gpkg_spatial_ref_sys"
        " WHERE srs_id = ?",
        srs,
    )
    if found is None or not isinstance(found[1], int) or found[1] <= 0:
        return crs.NOTHING
    named = crs.by_code(str(found[0]), found[1], str(found[2] or ""))
    return named if named.system else crs.by_text(str(found[3] or named.name))


def _rows(
    connection: sqlite3.Connection, table: str, geometry: str, plain: list[str], columns: Mapping[str, str]
) -> Iterator[Feature]:
    chosen = ", ".join(_quoted(name) for name in [geometry, *plain])
    for number, (blob, *values) in enumerate(connection.execute(f"SELECT {chosen} FROM {_quoted(table)}"), start=1):
        feature_limit(number)
        read_values = {n: _value(v, columns[n]) for n, v in zip(plain, values, strict=True)}
        yield with_blob(Feature(number, read_values), blob)


def with_blob(feature: Feature, blob: Any) -> Feature:
    """The shape behind GeoPackage's header (clause 2.1.3 of the standard), or why there is none."""
    if blob is None:
        return feature
    if not isinstance(blob, bytes) or len(blob) < 8 or blob[:2] != b"GP":
        feature.problem = "几何不是 GeoPackage 的格式，无法读取。"
        return feature
    flags = blob[3]
    size = ENVELOPES.get(flags >> 1 & 0b111)
    if flags & 0b100000 or size is None:
        feature.problem = "几何是扩展类型（曲线等），不能导入，请转换为普通的点、线、面。"
    elif not flags & 0b10000:
        feature.shape, feature.problem = from_wkb(blob[8 + size :])
    return feature


def from_wkb(wkb: bytes) -> tuple[Any, str]:
    """(shape, problem). The kind is looked at first: only the six simple ones are handed on."""
    if len(wkb) < 5 or wkb[0] > 1:
        return None, "几何已损坏，无法读取。"
    (code,) = struct.unpack("<I" if wkb[0] else ">I", wkb[1:5])
    kind = (code & 0x0FFFFFFF) % 1000
    if kind == 7:
        return None, "几何是混合集合（点、线、面在一起），请拆成单独的要素。"
    if not 1 <= kind <= 6:
        return None, "几何是曲线、曲面等类型，不能导入，请转换为普通的点、线、面。"
    if len(wkb) > 64 * MOST_VERTICES:
        return None, f"顶点超过 {MOST_VERTICES:,} 个：请先简化边界。"
    try:
        return shapely.from_wkb(wkb), ""
    except shapely.errors.ShapelyError:
        return None, "几何已损坏，无法读取。"


def _value(value: Any, kind: str) -> Any:
    if isinstance(value, bytes):
        return None
    if kind == "BOOLEAN" and value in (0, 1):
        return bool(value)
    if kind in ("DATE", "DATETIME") and isinstance(value, str):
        return date_of(value)
    return tidy(value) if isinstance(value, str) else value_of(value)


def _one(connection: sqlite3.Connection, sql: str, *parameters: Any) -> tuple[Any, ...] | None:
    found: tuple[Any, ...] | None = connection.execute(sql, parameters).fetchone()
    return found


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'
