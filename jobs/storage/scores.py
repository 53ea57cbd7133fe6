"""What a take was played from, read back from the storage."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

from audiomusic.engines.encoding import Samples, read_pcm24
from jobs.models import ScoreFormat, Take
from jobs.storage.files import local_copy


def kept_score(take: Take) -> dict[str, Any] | None:
    """The score of docs/score.md; None where the engine knew none. Raises StorageRefused, and
    FileNotFoundError where the storage has lost it."""
    content = _content(take, ScoreFormat.JSON)
    return None if content is None else json.loads(content)


def kept_curves(take: Take) -> bytes | None:
    """How the take was mastered, in its engine's own format. Raises as `kept_score`."""
    return _content(take, ScoreFormat.CURVES)


def kept_source(take: Take) -> bytes | None:
    """The song that the take was made of, in its engine's own format; None for one made from nothing.
    Raises as `kept_score`."""
    return _content(take, ScoreFormat.SOURCE)


def kept_sound(take: Take) -> Samples | None:
    """The sound that the take was made of, float32 [2, n]; None for one made otherwise. Raises as
    `kept_score`."""
    content = _content(take, ScoreFormat.SOUND)
    return None if content is None else read_pcm24(BytesIO(content))


def _content(take: Take, format: ScoreFormat) -> bytes | None:
    file = take.score_files.filter(format=format).first()
    if file is None:
        return None
    with local_copy(file.storage_name) as path:
        return path.read_bytes()
