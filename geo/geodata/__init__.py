"""Features from files of other systems: GeoJSON, Shapefile, GeoPackage, KML and KMZ, as rows with a CGCS2000 geometry.

Each format's `read(path, options)` runs in a child process with limits and yields dicts for JSON lines: a header, then
a row each feature. Django is not set up here, and GDAL is asked for one driver only (docs/decisions/0006-geodata.md).
"""
