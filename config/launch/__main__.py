"""Run by config/launch/python.sh as `python config/launch serve|checks [arguments]`."""

import importlib
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])
    command = importlib.import_module(f"config.launch.{sys.argv[1]}")
    sys.exit(command.main(sys.argv[2:]))
