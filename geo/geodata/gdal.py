"""The dozen functions of the system's GDAL that read a Shapefile. Only that driver is ever registered in the process.

Not Django's bindings: they register every driver, and look for the library by running other programs, which a reader of
files may not do.
"""

from __future__ import annotations

import ctypes
import itertools
from collections.abc import Generator
from ctypes import POINTER, c_char_p, c_double, c_int, c_int64, c_ubyte, c_uint, c_uint64, c_void_p
from typing import Any

from geo.geodata.limits import Unreadable

READ_ONLY_VECTOR = 0x04
INTEGER, REAL, DATE, DATETIME, INTEGER64 = 0, 2, 9, 11, 12
DRIVER = b"ESRI Shapefile"
FOLDER = "/vsimem/antu"
numbers = itertools.count(1)
PARTS = (".shp", ".shx", ".dbf")
# name: (result, arguments)
FUNCTIONS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "CPLSetConfigOption": (None, (c_char_p, c_char_p)),
    "CPLPushErrorHandler": (None, (c_void_p,)),
    "RegisterOGRShape": (None, ()),
    "VSIFileFromMemBuffer": (c_void_p, (c_char_p, c_char_p, c_uint64, c_int)),
    "VSIFCloseL": (c_int, (c_void_p,)),
    "VSIUnlink": (c_int, (c_char_p,)),
    "GDALClose": (c_int, (c_void_p,)),
    "GDALOpenEx": (c_void_p, (c_char_p, c_uint, POINTER(c_char_p), POINTER(c_char_p), c_void_p)),
    "GDALDatasetGetLayer": (c_void_p, (c_void_p, c_int)),
    "OGR_L_GetLayerDefn": (c_void_p, (c_void_p,)),
    "OGR_L_GetNextFeature": (c_void_p, (c_void_p,)),
    "OGR_L_ResetReading": (None, (c_void_p,)),
    "OGR_FD_GetFieldCount": (c_int, (c_void_p,)),
    "OGR_FD_GetFieldDefn": (c_void_p, (c_void_p, c_int)),
    "OGR_Fld_GetNameRef": (c_char_p, (c_void_p,)),
    "OGR_Fld_GetType": (c_int, (c_void_p,)),
    "OGR_F_IsFieldSetAndNotNull": (c_int, (c_void_p, c_int)),
    "OGR_F_GetFieldAsString": (c_char_p, (c_void_p, c_int)),
    "OGR_F_GetFieldAsInteger64": (c_int64, (c_void_p, c_int)),
    "OGR_F_GetFieldAsDouble": (c_double, (c_void_p, c_int)),
    "OGR_F_GetGeometryRef": (c_void_p, (c_void_p,)),
    "OGR_F_Destroy": (None, (c_void_p,)),
    "OGR_G_WkbSize": (c_int, (c_void_p,)),
    "OGR_G_ExportToWkb": (c_int, (c_void_p, c_int, POINTER(c_ubyte))),
}
SETTINGS = {
    b"SHAPE_RESTORE_SHX": b"YES",
    b"SHAPE_ENCODING": b"",  # the bytes as they stand: decoded by shapefile.py
    b"GDAL_DRIVER_PATH": b"disable",
    b"GDAL_DISABLE_READDIR_ON_OPEN": b"YES",
    b"OGR_ORGANIZE_POLYGONS": b"DEFAULT",
}


def loaded() -> Any:
    """The library by its names, newest first; set up once, with one driver."""
    names = ["libgdal.so", *(f"libgdal.so.{number}" for number in range(50, 27, -1))]
    for name in names:
        try:
            library = ctypes.CDLL(name)
        except OSError:
            continue
        for function, (result, arguments) in FUNCTIONS.items():
            found = getattr(library, function)
            found.restype, found.argtypes = result, arguments
        quiet = ctypes.cast(library.CPLQuietErrorHandler, c_void_p)
        library.CPLPushErrorHandler(quiet)
        for option, value in SETTINGS.items():
            library.CPLSetConfigOption(option, value)
        library.RegisterOGRShape()
        return library
    raise Unreadable("服务器没有安装 GDAL 库，读不了 Shapefile。请改用 GeoJSON、GeoPackage 或 KML，或联系管理员。")


class Shapefile:
    """The parts of a Shapefile in memory, opened. To be closed: GDAL looks into our bytes as long as it is open."""

    def __init__(self, parts: dict[str, bytes]) -> None:
        self._library = loaded()
        self._parts = parts
        self._stem = f"{FOLDER}/{next(numbers)}"
        for tail, content in parts.items():
            if tail in PARTS:
                name = f"{self._stem}{tail}".encode()
                handle = self._library.VSIFileFromMemBuffer(name, content, len(content), 0)
                self._library.VSIFCloseL(handle)
        allowed = (c_char_p * 2)(DRIVER, None)
        self._handle = self._library.GDALOpenEx(f"{self._stem}.shp".encode(), READ_ONLY_VECTOR, allowed, None, None)
        if not self._handle:
            self.close()
            raise Unreadable("Shapefile 已损坏或不完整（.shp、.shx、.dbf 对不上），请重新导出后上传。")

    def close(self) -> None:
        if self._handle:
            self._library.GDALClose(self._handle)
            self._handle = None
        for tail in PARTS:
            self._library.VSIUnlink(f"{self._stem}{tail}".encode())

    def layer(self) -> Layer:
        found = self._library.GDALDatasetGetLayer(self._handle, 0)
        if not found:
            raise Unreadable("Shapefile 里没有图层，请重新导出后上传。")
        return Layer(self, self._library, found)


class Layer:
    """The features of an open Shapefile: well-known binary and raw values."""

    def __init__(self, source: Shapefile, library: Any, handle: Any) -> None:
        self._source = source  # kept open as long as the layer is
        self._library, self._handle = library, handle
        definition = library.OGR_L_GetLayerDefn(handle)
        count = library.OGR_FD_GetFieldCount(definition)
        self._fields = [library.OGR_FD_GetFieldDefn(definition, at) for at in range(count)]
        self._kinds = [library.OGR_Fld_GetType(field) for field in self._fields]

    def field_names(self) -> list[bytes]:
        return [self._library.OGR_Fld_GetNameRef(field) or b"" for field in self._fields]

    def sample_texts(self, most: int = 2_000) -> list[bytes]:
        """Texts of the first features, to find their encoding by."""
        found = [
            value[1]
            for _wkb, values in itertools.islice(self.features(), most)
            for value in values
            if isinstance(value, tuple)
        ]
        return found

    def features(self) -> Generator[tuple[bytes | None, list[Any]], None, None]:
        self._library.OGR_L_ResetReading(self._handle)
        while feature := self._library.OGR_L_GetNextFeature(self._handle):
            try:
                values = [self._value(feature, at, kind) for at, kind in enumerate(self._kinds)]
                yield self._wkb(feature), values
            finally:
                self._library.OGR_F_Destroy(feature)

    def _value(self, feature: Any, at: int, kind: int) -> Any:
        """A number, None, or (kind, raw text)."""
        library = self._library
        if not library.OGR_F_IsFieldSetAndNotNull(feature, at):
            return None
        if kind in (INTEGER, INTEGER64):
            return library.OGR_F_GetFieldAsInteger64(feature, at)
        if kind == REAL:
            number = library.OGR_F_GetFieldAsDouble(feature, at)
            return int(number) if number.is_integer() and abs(number) < 1e15 else number
        return (DATE if kind in (DATE, DATETIME) else kind, library.OGR_F_GetFieldAsString(feature, at) or b"")

    def _wkb(self, feature: Any) -> bytes | None:
        geometry = self._library.OGR_F_GetGeometryRef(feature)
        if not geometry:
            return None
        size = self._library.OGR_G_WkbSize(geometry)
        buffer = (c_ubyte * size)()
        if self._library.OGR_G_ExportToWkb(geometry, 1, buffer):
            return None
        return bytes(buffer)
