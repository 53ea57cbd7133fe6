"""Languages by the names that their speakers use, the same on every page: Español, 中文, English."""

from __future__ import annotations

from django.conf.locale import LANG_INFO

#: Where Django names the script as well, or says "in Czech"; and what it has no name for.
OWN_NAMES = {"zh": "中文", "yue": "粵語", "cs": "Čeština", "tl": "Tagalog", "la": "Latina", "ne": "नेपाली"}


def language_name(code: str) -> str:
    """ "es" -> "Español"; the code itself where its name is not known."""
    name = OWN_NAMES.get(code) or str(LANG_INFO.get(code, {}).get("name_local", code))
    return name[:1].upper() + name[1:] if name != code else code
