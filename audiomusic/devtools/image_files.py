"""What a container image of AudioMusic holds: the tracked files that `.dockerignore` lets in."""

from __future__ import annotations

import fnmatch
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from audiomusic.devtools.scratch_server import ROOT


def image_files(root: Path = ROOT) -> list[str]:
    """Paths below the repository's root, sorted. Raises OSError or CalledProcessError without git."""
    rules = list(read_rules((root / ".dockerignore").read_text()))
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root, check=True, capture_output=True, text=True,
    )  # fmt: skip
    paths = sorted(set(filter(None, listed.stdout.split("\0"))))
    return [path for path in paths if is_let_in(path, rules) and (root / path).is_file()]


def image_files_copy(target: Path) -> None:
    """Put them under `target`, as `COPY . .` does."""
    for path in image_files():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, target / path)


def read_rules(text: str) -> Iterator[tuple[bool, str]]:
    """(whether it lets in, pattern) of each line."""
    for line in text.splitlines():
        if (rule := line.strip()) and not rule.startswith("#"):
            yield rule.startswith("!"), rule.removeprefix("!")


def is_let_in(path: str, rules: Sequence[tuple[bool, str]]) -> bool:
    """The last rule that fits the path, or a folder that it lies in, decides."""
    places = [path, *(str(parent) for parent in PurePosixPath(path).parents if str(parent) != ".")]
    decided = True
    for lets_in, pattern in rules:
        if any(_fits(place, pattern) for place in places):
            decided = lets_in
    return decided


def _fits(place: str, pattern: str) -> bool:
    if pattern.startswith("**/"):
        return fnmatch.fnmatch(PurePosixPath(place).name, pattern[3:])
    if place.count("/") != pattern.count("/"):  # a star crosses no slash
        return False
    return fnmatch.fnmatch(place, pattern)
