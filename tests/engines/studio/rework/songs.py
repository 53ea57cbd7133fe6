"""Short songs of every kind, composed or rendered, to be separated into stems."""

from audiomusic.engines.base import SongRequest, silent_monitor
from audiomusic.engines.studio.compose import compose
from audiomusic.engines.studio.compose.genres import load_genres
from audiomusic.engines.studio.mixdown import mix_with_curves
from audiomusic.engines.studio.plan import make_plan
from audiomusic.engines.studio.voice import sing, syllabify

LYRICS = "[Verse]\nThe river runs beneath the bridge (the bridge)\n[Chorus]\nSing it to the sky"
GENRES = sorted(load_genres())
KINDS = ("song", "instrumental", "rap", "vocals", "samples")


def composed(genre, kind="song", seed=1, duration_s=9.0, syllables=syllabify, lyrics=LYRICS, **wishes):
    request = SongRequest(
        kind=kind, caption=genre, genre=genre, seeds=(seed,), duration_s=duration_s,
        max_duration_s=duration_s, lyrics=lyrics if kind in ("song", "rap", "vocals") else "", **wishes,
    )  # fmt: skip
    return compose(make_plan(request, seed), seed, syllables)


def made(score):
    """Return (clips, mixdown)."""
    clips = sing(score, silent_monitor(), 1)
    return clips, mix_with_curves(score, clips, silent_monitor(), 1)
