"""The text of a release: the version's section of CHANGELOG.md.

python .ci/release_notes.py v0.1.0
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

CHANGELOG = Path(__file__).resolve().parent.parent / "CHANGELOG.md"
TAG = re.compile(r"v?(\d+\.\d+\.\d+)")


def sections(text: str) -> dict[str, str]:
    """Return version -> the text below its heading."""
    parts = re.split(r"^## (\d+\.\d+\.\d+)[^\n]*\n", text, flags=re.M)
    return {version: body.strip() for version, body in zip(parts[1::2], parts[2::2], strict=True)}


def main(tag: str) -> int:
    match, known = TAG.fullmatch(tag), sections(CHANGELOG.read_text())
    if match is None:
        print(f"Expected a tag such as v0.1.0, got {tag!r}.", file=sys.stderr)
        return 2
    if match[1] not in known:
        print(f"Expected a version of the change log ({', '.join(known)}), got {match[1]}.", file=sys.stderr)
        return 1
    print(known[match[1]])
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:2] or [""]))
