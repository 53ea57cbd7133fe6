"""The content of AudioMusic's container image: the tracked files that `.dockerignore` does not exclude."""

from __future__ import annotations

import fnmatch
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from audiomusic.devtools.scratch_server import ROOT


def image_files(root: Path = ROOT) -> list[str]:
    """Return sorted paths relative to the repository's root. Raises OSError or CalledProcessError without
    git.
    """
    rules = list(read_rules((root / ".dockerignore").read_text()))
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root, check=True, capture_output=True, text=True,
    )  # fmt: skip
    paths = sorted(set(filter(None, listed.stdout.split("\0"))))
    return [path for path in paths if is_let_in(path, rules) and (root / path).is_file()]


def image_files_copy(target: Path) -> None:
    """Copy the files to `target`, as `COPY . .` does."""
    for path in image_files():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, target / path)


def read_rules(text: str) -> Iterator[tuple[bool, str]]:
    """Yield (whether it includes, pattern) for each rule."""
    for line in text.splitlines():
        if (rule := line.strip()) and not rule.startswith("#"):
            yield rule.startswith("!"), rule.removeprefix("!")


def is_let_in(path: str, rules: Sequence[tuple[bool, str]]) -> bool:
    """Return whether the last rule that matches the path, or one of its folders, includes it."""
    places = [path, *(str(parent) for parent in PurePosixPath(path).parents if str(parent) != ".")]
    decided = True
    for lets_in, pattern in rules:
        if any(_fits(place, pattern) for place in places):
            decided = lets_in
    return decided


def _fits(place: str, pattern: str) -> bool:
    if pattern.startswith("**/"):
        return fnmatch.fnmatch(PurePosixPath(place).name, pattern[3:])
    if place.count("/") != pattern.count("/"):  # a star does not match a slash
        return False
    return fnmatch.fnmatch(place, pattern)
