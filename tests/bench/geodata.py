"""Ten thousand points read in the child, against GDAL's own reading of the file; residents against bare SQL."""

from __future__ import annotations

import random
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import shapely
from django.contrib.gis.geos import Point
from django.db import connection

from core.imports.reading import lines, reader_of
from geo.coordinates import from_cgcs2000
from geo.geodata.tests import corpus
from geo.measure import box_around
from geo.models import Population, Site
from geo.population import persons_within
from tests.bench import city
from tests.bench.figures import Figure

POINTS, PLACES, METRES = 10_000, 200, 500


def reading() -> list[Figure]:
    """From the file to checked CGCS2000 rows in the parent, the child's start and its limits included."""
    dice = random.Random(1)
    rows = [
        ({"名称": f"第{n}号", "人数": n},
         shapely.Point(from_cgcs2000(dice.uniform(118.1, 119.2), dice.uniform(36.9, 38.1), "gcj02")))
        for n in range(POINTS)
    ]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        files = {kind: Path(folder) / f"points.{kind}" for kind in ("geojson", "gpkg", "zip")}
        files["geojson"].write_bytes(corpus.geojson(rows))
        corpus.geopackage(files["gpkg"], rows, epsg=4326)
        files["zip"].write_bytes(corpus.shapefile(rows, epsg=4326))
        return [figure(kind, path) for kind, path in files.items()]


def figure(kind: str, path: Path) -> Figure:
    found = [ours(path) for _ in range(3)]
    seconds, peak = min(s for s, _peak in found), found[0][1]
    bare = min(by_gdal(path) for _ in range(3)) if shutil.which("ogrinfo") else None
    ratio = f" ({seconds / bare:.1f} × ogrinfo)" if bare else ""
    detail = f"ogrinfo -al {bare:.2f} s, without conversion or checks; " if bare else "ogrinfo is not installed; "
    return Figure(
        f"{POINTS:,} points from {kind}, GCJ-02 to CGCS2000, checked, as rows",
        "≤ 5 s",
        f"{seconds:.2f} s{ratio}",
        seconds <= 5,
        f"{detail}child peak {peak} MB",
    )


def ours(path: Path) -> tuple[float, int]:
    started = time.monotonic()
    _header, *rows, end = lines(path, reader_of(path, wants_geometry=True), {"datum": "gcj02", "titles": []})
    assert len(rows) == POINTS and all(row["geometry"] for row in rows)
    return time.monotonic() - started, int(end["end"]["peak_mb"])


def by_gdal(path: Path) -> float:
    started = time.monotonic()
    name = f"/vsizip/{path}" if path.suffix == ".zip" else str(path)
    subprocess.run(["ogrinfo", "-al", "-q", name], check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - started


def residents() -> list[Figure]:
    """`persons_within` 500 m of outlines of real size, against the two-line query a person would type."""
    city.demo()
    points = list(Site.objects.filter(kind="enterprise").order_by("pk").values_list("geom", flat=True)[:PLACES])
    areas = [outline(p) for p in points]
    persons_within(areas[0], METRES)
    service, plain = timed(lambda area: persons_within(area, METRES), areas), timed(bare, areas)
    ratio = service / plain
    return [
        Figure(
            f"residents within {METRES} m of a plant ÷ the bare SQL",
            "≤ 2",
            f"{ratio:.2f}",
            ratio <= 2,
            f"{service:.1f} ÷ {plain:.1f} ms, medians of {PLACES}; {Population.objects.count():,} areas",
        )
    ]


def outline(point: Point) -> Point:
    found = point.buffer(0.0018)
    found.srid = point.srid
    return found


def bare(area: Point) -> object:
    place = area.hexewkb.decode()
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT sum(persons * ST_Area(ST_Intersection(geom, ring)::geography) / ST_Area(geom::geography))
               FROM geo_population, (SELECT ST_Difference(ST_SetSRID(
                 ST_Buffer(%s::geometry::geography, %s)::geometry, 4490), %s::geometry)) r (ring)
               WHERE geom && %s::geometry AND ST_Intersects(geom, ring)""",
            [place, METRES, place, box_around(area, METRES).hexewkb.decode()],
        )
        return cursor.fetchone()


def timed(act: object, areas: list[Point]) -> float:
    took = []
    for area in areas:
        started = time.perf_counter()
        act(area)  # type: ignore[operator]  # either of the two functions above
        took.append(time.perf_counter() - started)
    return 1000 * statistics.median(took)
