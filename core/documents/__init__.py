"""Official papers: declared as data, laid out once in GB/T 9704 geometry, numbered, stored, verifiable.

How a module declares one: docs/documents.md.
"""
