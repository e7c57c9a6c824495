"""What stands behind bin/serve and bin/test. It runs before anything is installed: standard library only."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
