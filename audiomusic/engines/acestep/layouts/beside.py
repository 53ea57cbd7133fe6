"""Finds parts of a model in its folder, beside it, or in another repository of the same cache."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from audiomusic.engines.acestep.layouts.hub import name_of, repository_of, snapshots_in


def find_beside(path: Path, name: str) -> Path | None:
    """Return the folder called `name` that belongs to the model in `path`; in a cache, possibly a
    repository."""
    return next((place for root in roots_of(path) if (place := root / name).is_dir()), None) or next(
        (root for root in roots_of(path) if _is_repository(root, name)), None
    )


def roots_of(path: Path) -> Iterator[Path]:
    """Iterate over the folders to search: the model's, its parent, and other repositories of the cache."""
    yield path
    yield path.parent
    if (repository := repository_of(path)) is not None:
        yield from snapshots_in(repository.parent)


def _is_repository(root: Path, name: str) -> bool:
    repository = repository_of(root)
    return repository is not None and root.parent.parent == repository and name_of(repository) == name
