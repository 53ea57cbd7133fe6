"""What a request says about a written score: that only one is wanted, or that it brings one."""

from __future__ import annotations

from dataclasses import replace

from audiomusic.engines.base import EngineError, SongRequest
from audiomusic.engines.notation.errors import NotationError
from audiomusic.engines.notation.reader import read_abc
from audiomusic.engines.studio.notated.arrange import arranged
from audiomusic.engines.studio.notated.merge import INVALID
from audiomusic.engines.studio.notated.options import SCORE_ONLY, WRITTEN_ABC
from audiomusic.engines.studio.plan import Plan
from audiomusic.engines.studio.score import Score


def score_only(request: SongRequest) -> bool:
    return bool(request.options.get(SCORE_ONLY))


def written_song(request: SongRequest) -> tuple[Plan, Score] | None:
    """Return the plan and score of the request's ABC text, or None if it has none. Raises EngineError."""
    abc = request.options.get(WRITTEN_ABC)
    if not abc:
        return None
    try:
        tune = read_abc(abc, sings=bool(request.lyrics.strip()))
    except NotationError as error:
        raise EngineError(f"INVALID_SCORE: {error}", INVALID) from None
    return arranged(replace(request, options={}), tune, request.seeds[0])
