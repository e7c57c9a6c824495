"""The kinds of paper that modules have declared."""

from collections.abc import Iterable

from core.documents.declaration import DocumentType

_types: dict[str, DocumentType] = {}


def add(*types: DocumentType) -> None:
    """Make papers known. A wrong declaration stops the start, with every mistake named."""
    for document_type in types:
        problems = document_type.problems()
        if _types.get(document_type.key, document_type) != document_type:
            problems.append(f"{document_type.key}: declared twice")
        if problems:
            raise ValueError("; ".join(problems))
        _types[document_type.key] = document_type


def get(key: str) -> DocumentType:
    try:
        return _types[key]
    except KeyError:
        raise LookupError(f"no document type {key!r}; declared are {', '.join(sorted(_types)) or 'none'}") from None


def every() -> Iterable[DocumentType]:
    return tuple(_types.values())
