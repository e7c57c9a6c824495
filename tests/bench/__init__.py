"""Benchmarks of the release, printed as ratios in one run: `python -m tests.bench`."""
