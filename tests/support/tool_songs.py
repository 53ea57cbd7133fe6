"""A finished song that the tools can rework, as rows and files, composed once and not rendered."""

from functools import cache

import torch

from audiomusic.engines.base import SongRequest
from audiomusic.engines.studio.compose import compose
from audiomusic.engines.studio.master import MasterCurves
from audiomusic.engines.studio.mixdown import MixCurves
from audiomusic.engines.studio.plan import make_plan
from audiomusic.engines.studio.rework.curves_file import dump_curves
from audiomusic.engines.studio.rework.kept_score import EXACT
from audiomusic.engines.studio.rework.kept_song import KeptSong, kept_plan, pack_song, unpack_song
from audiomusic.engines.studio.score_json import score_outline
from audiomusic.engines.studio.voice import syllabify
from tests.support.studio_songs import studio_song

LYRICS = "[Verse]\nThe river runs beneath the bridge\nThe town is fast asleep\n[Chorus]\nSing it to the sky"
DURATION_S = 30.0


@cache
def composed(genre="rock", kind="song", seed=3, duration_s=DURATION_S):
    """Return (plan, score)."""
    request = SongRequest(
        kind=kind, caption=genre, genre=genre, seeds=(seed,), duration_s=duration_s,
        max_duration_s=duration_s, lyrics=LYRICS if kind == "song" else "",
    )  # fmt: skip
    plan = make_plan(request, seed)
    return plan, compose(plan, seed, syllabify)


def flat_curves():
    flat = torch.ones(4)
    return dump_curves(MixCurves(MasterCurves(((40.0, 0.0), (16_000.0, 0.0)), flat, flat, False)))


def document_of(genre="rock", kind="song", seed=3, duration_s=DURATION_S):
    plan, score = composed(genre, kind, seed, duration_s)
    document = {"title": "Rainy Day", **score_outline(score)}
    document[EXACT] |= kept_plan(plan, score.seed, is_composed=True)
    return document


def kept_song(**wishes) -> KeptSong:
    """Return the song as a worker reads it."""
    return unpack_song(pack_song(document_of(**wishes), flat_curves(), None))


def tool_song(user, *, document=None, **values):
    """Create a COMPLETED job of the studio engine whose take can be reworked."""
    document = document or document_of()
    job = studio_song(user, document=document, curves=flat_curves(), lyrics=LYRICS, **values)
    job.takes.update(duration_s=document["duration_s"])
    return job
