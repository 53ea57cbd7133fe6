"""Hugging Face's cache: models--OWNER--NAME/snapshots/COMMIT, with links into blobs/."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

START = "models--"
SNAPSHOTS = "snapshots"


def snapshot_of(repository: Path) -> Path | None:
    """Return the snapshot that `main` refers to, otherwise the newest; None if the folder is no
    repository."""
    snapshots = repository / SNAPSHOTS
    if not snapshots.is_dir():
        return None
    main = repository / "refs" / "main"
    if main.is_file() and (named := snapshots / main.read_text().strip()).is_dir():
        return named
    found = sorted(
        (path for path in snapshots.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime
    )
    return found[-1] if found else None


def repository_of(path: Path) -> Path | None:
    """Return the repository that contains a snapshot, or a folder within one; None outside a cache."""
    return next((one for one in (path, *path.parents) if one.name.startswith(START)), None)


def name_of(repository: Path) -> str:
    """Return the repository's name: models--ACE-Step--acestep-v15-base -> acestep-v15-base."""
    return repository.name.rsplit("--", 1)[-1]


def snapshots_in(folder: Path) -> Iterator[Path]:
    """Iterate over the current snapshot of each repository in a cache."""
    for repository in sorted(folder.glob(f"{START}*")):
        if (snapshot := snapshot_of(repository)) is not None:
            yield snapshot
