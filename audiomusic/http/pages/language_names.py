"""Native names of languages, the same on every page: Español, 中文, English."""

from __future__ import annotations

from django.conf.locale import LANG_INFO

#: Languages for which Django has no name, adds the script, or uses an inflected form ("in Czech").
OWN_NAMES = {"zh": "中文", "yue": "粵語", "cs": "Čeština", "tl": "Tagalog", "la": "Latina", "ne": "नेपाली"}


def language_name(code: str) -> str:
    """Return the native name, such as Español for "es", or the code itself if the name is unknown."""
    name = OWN_NAMES.get(code) or str(LANG_INFO.get(code, {}).get("name_local", code))
    return name[:1].upper() + name[1:] if name != code else code
