"""The map extract of a file: outline, roads, divisions and rescue points around an enterprise, drawn by the server
itself as SVG for the page and PNG for the paper. No tile and no other map is asked for."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.contrib.gis.geos import GeometryCollection, GEOSGeometry, LineString, Polygon
from PIL import Image, ImageDraw

from core.models import User
from geo.models import CGCS2000, Region, RoadEdge
from supervision.enterprises.models import Boundary, Enterprise

WIDTH, HEIGHT = 1200, 720
NEAREST = 500.0  # metres from the middle to the upper edge at least
ROADS = {"motorway": 7, "trunk": 6, "primary": 5, "secondary": 4}
INK = {
    "paper": "#f7f6f2", "road": "#c9c4b8", "division": "#8a7f96", "outline": "#7a3db8", "fill": "#e9dff5",
    "point": "#00564f", "rescue": "#a3195b", "text": "#222222",
}  # fmt: skip
NICE = (50, 100, 200, 500, 1000, 2000, 5000)

Path = list[tuple[float, float]]


@dataclass
class Ground:
    """What is drawn, in pixels of a sheet of WIDTH × HEIGHT."""

    roads: list[tuple[Path, int]] = field(default_factory=list)
    divisions: list[Path] = field(default_factory=list)
    outline: list[Path] = field(default_factory=list)
    point: tuple[float, float] = (WIDTH / 2, HEIGHT / 2)
    marks: list[tuple[float, float, str]] = field(default_factory=list)  # rescue points: x, y, number
    legend: list[str] = field(default_factory=list)
    bar: tuple[float, int] = (100.0, 100)  # pixels, metres
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def road_lines(self) -> list[tuple[str, int]]:
        return [(points(path), width) for path, width in self.roads]

    @property
    def division_lines(self) -> list[str]:
        return [points(path) for path in self.divisions]

    @property
    def outline_shape(self) -> str:
        return " ".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in path) + "Z" for path in self.outline)

    @property
    def bar_words(self) -> str:
        metres = self.bar[1]
        return f"{metres} 米" if metres < 1000 else f"{metres // 1000} 公里"


class Sheet:
    """From degrees to pixels: locally flat, true to scale at the middle."""

    def __init__(self, lon: float, lat: float, metres_per_pixel: float) -> None:
        self.lon, self.lat, self.scale = lon, lat, metres_per_pixel
        self.east = 111_320.0 * math.cos(math.radians(lat))
        self.north = 110_950.0

    def place(self, lon: float, lat: float) -> tuple[float, float]:
        x = WIDTH / 2 + (lon - self.lon) * self.east / self.scale
        return round(x, 1), round(HEIGHT / 2 - (lat - self.lat) * self.north / self.scale, 1)

    @property
    def box(self) -> Polygon:
        wide = WIDTH / 2 * self.scale / self.east
        high = HEIGHT / 2 * self.scale / self.north
        found = Polygon.from_bbox((self.lon - wide, self.lat - high, self.lon + wide, self.lat + high))
        found.srid = CGCS2000
        return found


def around(enterprise: Enterprise, boundary: Boundary | None, user: User) -> Ground:
    home = enterprise.site.geom
    sheet = _sheet(home.x, home.y, boundary)
    box = sheet.box
    ground = Ground(point=sheet.place(home.x, home.y))
    for edge in RoadEdge.objects.filter(geom__bboverlaps=box).only("geom", "kind"):
        width = next((w for kind, w in ROADS.items() if kind in edge.kind), 2)
        ground.roads += [(path, width) for path in _paths(sheet, edge.geom.intersection(box))]
    ground.roads.sort(key=lambda road: road[1])
    for region in Region.objects.filter(geom__bboverlaps=box).only("geom"):
        if region.geom is not None:
            ground.divisions += _paths(sheet, region.geom.boundary.intersection(box))
    if boundary:
        ground.outline = [[sheet.place(*xy[:2]) for xy in shell] for shell, *_holes in boundary.geom.coords]
    if user.has_perm("enterprises.view_rescuefact"):
        placed = enterprise.rescuefacts.filter(withdrawn_at__isnull=True, geom__within=box)
        for number, fact in enumerate(placed, start=1):
            ground.marks.append((*sheet.place(fact.geom.x, fact.geom.y), str(number)))
            ground.legend.append(f"{number} {fact.get_kind_display()}：{fact.title}")
    metres = next((m for m in NICE if m / sheet.scale >= 90), NICE[-1])
    ground.bar = (round(metres / sheet.scale, 1), metres)
    return ground


def _sheet(lon: float, lat: float, boundary: Boundary | None) -> Sheet:
    """The outline and the point both on the sheet, with a margin."""
    if boundary is None:
        return Sheet(lon, lat, 2 * NEAREST / HEIGHT)
    xmin, ymin, xmax, ymax = boundary.geom.extent
    xmin, ymin, xmax, ymax = min(xmin, lon), min(ymin, lat), max(xmax, lon), max(ymax, lat)
    middle = Sheet((xmin + xmax) / 2, (ymin + ymax) / 2, 1)
    wide, high = (xmax - xmin) * middle.east, (ymax - ymin) * middle.north
    scale = max(wide / WIDTH, high / HEIGHT, NEAREST / HEIGHT) * 1.5
    return Sheet(middle.lon, middle.lat, scale)


def _paths(sheet: Sheet, geometry: GEOSGeometry) -> list[Path]:
    parts = geometry if isinstance(geometry, GeometryCollection) else (geometry,)
    return [[sheet.place(*xy[:2]) for xy in line.coords] for line in parts if isinstance(line, LineString)]


def points(path: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in path)


def png(ground: Ground) -> bytes:
    """Drawn twice as large and reduced: that smooths the lines."""
    k = 2
    image = Image.new("RGB", (WIDTH * k, HEIGHT * k), INK["paper"])
    pen = ImageDraw.Draw(image)

    def scaled(path: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
        return [(x * k, y * k) for x, y in path]

    for path, width in ground.roads:
        pen.line(scaled(path), fill=INK["road"], width=width * k, joint="curve")
    for part in ground.outline:
        pen.polygon(scaled(part), fill=INK["fill"])
        pen.line(scaled([*part, part[0]]), fill=INK["outline"], width=4 * k, joint="curve")
    for path in ground.divisions:
        pen.line(scaled(path), fill=INK["division"], width=2 * k)
    for x, y, number in ground.marks:
        _disc(pen, x * k, y * k, 14 * k, INK["rescue"])
        pen.text((x * k, y * k), number, fill="white", anchor="mm", font_size=18 * k)
    x, y = ground.point
    _disc(pen, x * k, y * k, 11 * k, "white")
    _disc(pen, x * k, y * k, 9 * k, INK["point"])
    left, low = 30 * k, (HEIGHT - 30) * k
    pen.line([(left, low), (left + ground.bar[0] * k, low)], fill=INK["text"], width=4 * k)
    pen.text((left, low - 12 * k), f"{ground.bar[1]} m", fill=INK["text"], anchor="ls", font_size=22 * k)
    pen.polygon(scaled([(1160, 24), (1174, 66), (1160, 56), (1146, 66)]), fill=INK["text"])
    pen.text((1160 * k, 92 * k), "N", fill=INK["text"], anchor="ms", font_size=22 * k)
    stream = io.BytesIO()
    image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS).save(stream, "PNG", optimize=True)
    return stream.getvalue()


def _disc(pen: ImageDraw.ImageDraw, x: float, y: float, radius: float, color: str) -> None:
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=color)
