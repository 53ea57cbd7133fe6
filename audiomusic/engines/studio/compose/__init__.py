"""Composing: turns a Plan into a Score. Genres are data files in `genres/`."""

from audiomusic.engines.studio.compose.composer import compose
from audiomusic.engines.studio.compose.parts.vocals import Syllabify

__all__ = ["Syllabify", "compose"]
