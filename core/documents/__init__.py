"""Official papers: declared as data, laid out once in GB/T 9704 geometry, numbered, stored and verifiable. See docs/documents.md."""
