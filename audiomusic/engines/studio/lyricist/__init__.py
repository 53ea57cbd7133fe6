"""The lyricist: reads a one-sentence wish and writes lyrics about it.

`reader` extracts the facts of the sentence with the tables in `reading/`; `writer` puts them into the lines
of `lines/`; `themes` fills the remaining lines; `songs` combines everything.
"""

from audiomusic.engines.studio.lyricist.songs import WrittenLyrics, language_of_wish, write_lyrics
from audiomusic.engines.studio.lyricist.themes import THEMES_DIR, with_article

__all__ = ["THEMES_DIR", "WrittenLyrics", "language_of_wish", "with_article", "write_lyrics"]
