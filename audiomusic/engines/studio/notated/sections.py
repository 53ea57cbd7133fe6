"""The section kinds that labels mean."""

from __future__ import annotations

import re

from audiomusic.engines.studio.score import SectionKind

_KINDS: dict[str, SectionKind] = {
    "intro": "intro", "verse": "verse", "strophe": "verse", "theme": "verse", "prechorus": "prechorus",
    "pre-chorus": "prechorus", "pre chorus": "prechorus", "chorus": "chorus", "refrain": "chorus",
    "hook": "hook", "bridge": "bridge", "interlude": "bridge", "solo": "solo", "breakdown": "breakdown",
    "drop": "drop", "outro": "outro", "ending": "outro", "coda": "outro",
}  # fmt: skip


def kind_of_label(label: str) -> SectionKind | None:
    """Return the kind of a label, or None if it is unknown: "Verse 2" is a verse."""
    name = re.sub(r"[\s\d.:]+$", "", label.casefold().strip())
    return _KINDS.get(name)
