"""Vector tiles: of 100,000 enterprises against tipg on the same table, and counts by cell of 1,000,000."""

from __future__ import annotations

import importlib.util
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection

from tests.bench import city, ground
from tests.bench.figures import Figure

TIPG = "tipg==1.6.1"
RAW = "raw tiles z12–z13 of 100,000 enterprises, 4 connections: tiles/s ÷ tipg"

UNCHANGED = "the same with If-None-Match"


def get(port: int, paths: list[str], **plan: Any) -> dict[str, Any]:
    text = json.dumps({"port": port, "paths": paths, **plan}) + "\n"
    done = subprocess.run([sys.executable, "-m", "tests.bench.getting"], cwd=ground.ROOT, input=text, text=True,
                          capture_output=True, check=True, timeout=120)  # fmt: skip
    result: dict[str, Any] = json.loads(done.stdout)
    if set(result["statuses"]) - {"200", "304"}:
        raise RuntimeError(f"unexpected answers: {result['statuses']}")
    return result


def tipg_python() -> Path | None:
    """tipg in an environment of its own under the data directory; None without a package index in reach."""
    home = Path(os.environ["ANTU_BENCH_HOME"]) / "tipg.venv"
    python = home / "bin/python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", home], check=True)
    asked = subprocess.run([python, "-c", "import tipg"], capture_output=True)
    if asked.returncode:
        alike = [name for name in ("httptools", "uvloop") if importlib.util.find_spec(name)]  # if we have them
        install = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", TIPG, "uvicorn", *alike]
        if subprocess.run(install, capture_output=True).returncode:
            return None
    return python


@contextmanager
def tipg(python: Path) -> Iterator[int]:
    port = ground.free_port()
    environment = {**os.environ, "TIPG_DB_EXCLUDE_FUNCTION_SCHEMAS": '["public"]', "DB_MAX_CONN_SIZE": "10"}
    command = ["-m", "uvicorn", "tipg.main:app", "--port", str(port), "--no-access-log", "--log-level", "warning"]
    server = subprocess.Popen([python, *command], env=environment, cwd=python.parent)
    try:
        ground.wait_for(port)
        yield port
    finally:
        server.terminate()
        server.wait(15)


def view_for_tipg() -> None:
    """The same rows with the same attributes, so that both put the same into a tile."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE OR REPLACE VIEW bench_enterprises AS SELECT e.site_id AS id, e.category AS state, s.name, e.status,"
            " e.verified_at IS NULL OR e.verified_at < now() - e.interval_days * interval '1 day' AS stale, s.geom_3857"
            " FROM enterprises_enterprise e JOIN geo_site s ON s.id = e.site_id"
        )


def on_tipg(addresses: list[tuple[int, int, int]]) -> dict[str, Any] | None:
    python = tipg_python()
    if python is None:
        return None
    view_for_tipg()
    paths = [f"/collections/public.bench_enterprises/tiles/WebMercatorQuad/{z}/{x}/{y}" for z, x, y in addresses]
    with tipg(python) as port:
        get(port, paths[:20])
        return get(port, paths * 2)


def raw() -> list[Figure]:
    """A duty room's morning: every tile is asked for ten times, in mixed order; and once by a first comer."""
    city.enterprises(100_000)
    _, sessions = ground.people()
    addresses = city.tiles_with_features((12, 13), 600)
    ours = [f"/tiles/enterprises/{z}/{x}/{y}.mvt" for z, x, y in addresses]
    warm = [p.replace("enterprises", "hazard_sources") for p in ours[:20]]
    mixed = ours * 10
    random.Random(1).shuffle(mixed)
    with ground.web() as port:
        get(port, warm, session=sessions[0])
        first = get(port, ours, session=sessions[0], keep=True)
        same = get(port, ours * 5, session=sessions[0], etags=first["etags"])
    with ground.web() as port:
        get(port, warm, session=sessions[0])
        stream = get(port, mixed, session=sessions[0])
    if same["statuses"] != {"304": len(ours) * 5}:
        raise RuntimeError(f"expected 304 only: {same['statuses']}")
    other = on_tipg(addresses)
    speeds = (
        f"each tile ten times in mixed order: {stream['rate']:.0f}/s; when first asked for: {first['rate']:.0f}/s "
        f"(p95 {first['p95']:.0f} ms, {first['mean'] / 1000:.0f} kB)"
    )
    if other is None:
        return [Figure(RAW, "≥ 4", None, False, f"tipg could not be installed; {speeds}"),
                Figure(UNCHANGED, "≥ 10", None, False, f"{same['rate']:.0f}/s")]  # fmt: skip
    ratio, unchanged = stream["rate"] / other["rate"], same["rate"] / other["rate"]
    speeds += f" = {first['rate'] / other['rate']:.1f} × tipg; tipg {other['rate']:.0f}/s (p95 {other['p95']:.0f} ms)"
    return [
        Figure(RAW, "≥ 4", f"{ratio:.1f}", ratio >= 4, speeds),
        Figure(UNCHANGED, "≥ 10", f"{unchanged:.1f}", unchanged >= 10, f"{same['rate']:.0f}/s"),
    ]


def low_zoom() -> list[Figure]:
    """The counts are made by the worker; here in this process, as the worker would."""
    from layers import grid
    from layers.models import Rollup
    from layers.registry import registry

    city.enterprises(1_000_000)
    user = city.demo()
    layer = registry.layer("enterprises", user)
    assert layer is not None
    started = time.monotonic()
    grid.refresh(layer, user)
    counted = time.monotonic() - started
    if Rollup.objects.get(layer=layer.key).total < 1_000_000:
        raise RuntimeError("The cells do not hold a million features.")
    _, sessions = ground.people()
    paths = [f"/tiles/enterprises/{z}/{x}/{y}.mvt" for z, x, y in city.tiles_with_features((8, 9, 10), 100)]
    with ground.web() as port:
        get(port, [paths[0].replace("enterprises", "hazard_sources")], session=sessions[0])
        found = get(port, paths, session=sessions[0], connections=1)
    is_met = found["largest"] <= 60_000 and found["p95"] <= 80
    return [
        Figure(
            "low-zoom tile (z8–z10) over 1,000,000 features: largest; p95",
            "≤ 60 kB; ≤ 80 ms",
            f"{found['largest'] / 1000:.0f} kB; {found['p95']:.0f} ms",
            is_met,
            f"{found['count']} tiles, each asked for once; counting all cells anew took {counted:.0f} s of the worker",
        )
    ]
