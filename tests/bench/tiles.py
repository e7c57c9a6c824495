"""Vector tiles: of 100,000 enterprises against tipg on the same table, and counts by cell of 1,000,000."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench import city, ground
from tests.bench.figures import Figure

TIPG = "tipg==1.6.1"
RAW = "raw tiles z12–z13 of 100,000 enterprises, 4 connections: tiles/s ÷ tipg"


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
        install = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", TIPG, "uvicorn"]
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


def raw() -> list[Figure]:
    city.enterprises(100_000)
    _, sessions = ground.people()
    addresses = city.tiles_with_features((12, 13), 600)
    ours = [f"/tiles/enterprises/{z}/{x}/{y}.mvt" for z, x, y in addresses]
    with ground.web() as port:
        get(port, ours[:20], session=sessions[0])  # connections are opened and statements compiled
    with ground.web() as port:
        get(port, [p.replace("enterprises", "hazard_sources") for p in ours[:20]], session=sessions[0])
        fresh = get(port, ours, session=sessions[0], keep=True)
        again = get(port, ours * 3, session=sessions[0])
        same = get(port, ours * 3, session=sessions[0], etags=fresh["etags"])
    if same["statuses"] != {"304": len(ours) * 3}:
        raise RuntimeError(f"expected 304 only: {same['statuses']}")
    python = tipg_python()
    if python is None:
        why = f"tipg could not be installed; ours: {fresh['rate']:.0f}/s, If-None-Match {same['rate']:.0f}/s"
        return [Figure(RAW, "≥ 4", None, False, why), Figure("the same with If-None-Match", "≥ 10", None, False)]
    with tipg(python) as port:
        theirs = [
            f"/collections/public.geo_site/tiles/WebMercatorQuad/{z}/{x}/{y}?geom-column=geom_3857&properties=name,kind"
            for z, x, y in addresses
        ]
        get(port, theirs[:20])
        other = get(port, theirs)
    first, repeated = fresh["rate"] / other["rate"], same["rate"] / other["rate"]
    detail = (
        f"ours {fresh['rate']:.0f}/s when first asked for (p95 {fresh['p95']:.0f} ms, {fresh['mean'] / 1000:.0f} kB), "
        f"{again['rate']:.0f}/s when asked again; tipg {other['rate']:.0f}/s (p95 {other['p95']:.0f} ms, "
        f"{other['mean'] / 1000:.0f} kB)"
    )
    return [
        Figure(RAW, "≥ 4", f"{first:.1f}", first >= 4, detail),
        Figure("the same with If-None-Match", "≥ 10", f"{repeated:.1f}", repeated >= 10, f"{same['rate']:.0f}/s"),
    ]


def low_zoom() -> list[Figure]:
    """The counts are made by the worker; here in this process, as the worker would."""
    from layers import grid
    from layers.registry import registry

    city.enterprises(1_000_000)
    user = city.demo()
    layer = registry.layer("enterprises", user)
    assert layer is not None
    started = time.monotonic()
    grid.refresh(layer, user)
    counted = time.monotonic() - started
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
