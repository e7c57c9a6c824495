"""`python -m tests.bench [name …]`: needs DATABASE_URL (any database on the server; the benches make their own)."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import time

from tests.bench import ground
from tests.bench.figures import Figure, table

# In this order: the demo city goes into an empty database only.
BENCHES = {
    "nearby": "tests.bench.nearby:straight_line",
    "tiles": "tests.bench.tiles:raw",
    "cells": "tests.bench.tiles:low_zoom",
    "statistics": "tests.bench.tabulating:page",
    "geodata": "tests.bench.geodata:reading",
    "residents": "tests.bench.geodata:residents",
    "append": "tests.bench.appending:throughput",
    "import": "tests.bench.importing:ten_thousand",
    "idle": "tests.bench.feed:idle",
    "feed": "tests.bench.feed:against_bare",
    "busy": "tests.bench.feed:in_the_busiest_hour",
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"all by default: {' '.join(BENCHES)}")
    chosen = parser.parse_args().names or list(BENCHES)
    if unknown := set(chosen) - set(BENCHES):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; expected some of {' '.join(BENCHES)}")
    if "DATABASE_URL" not in os.environ:
        parser.error("DATABASE_URL is not set; for bin/serve's own server: DATABASE_URL=$(cat var/database.url)")
    figures: list[Figure] = []
    with ground.own_database():
        for name in (n for n in BENCHES if n in chosen):
            module, _, function = BENCHES[name].partition(":")
            started = time.monotonic()
            print(f"{name} …", end=" ", flush=True, file=sys.stderr)
            figures += getattr(importlib.import_module(module), function)()
            print(f"{time.monotonic() - started:.0f} s", file=sys.stderr)
    print(table(figures))
    return 0 if all(f.is_met or f.value is None for f in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
