"""Recompose and perform a song again, as far as a dial is turned.

What may change is arranged in layers that the dial opens one by one: what changes at a low setting also
changes at a higher one. Words, form, key, tempo, genre and singer stay. A layer is redrawn until the result
is at least as far from the old song as without it, so that the share of changed notes never falls as the dial
rises.
"""

from __future__ import annotations

from dataclasses import replace

from audiomusic.engines.studio.compose import compose
from audiomusic.engines.studio.compose.seeds import Layer, LayeredSeed, draw
from audiomusic.engines.studio.rework.edits.reworked import Reworked, changed_share, changed_tracks
from audiomusic.engines.studio.rework.kept_song import KeptSong
from audiomusic.engines.studio.rework.syllable_counts import counted_for
from audiomusic.engines.studio.score import Score
from audiomusic.engines.studio.voice import SINGERS

#: Layer -> the setting from which it is redrawn; the performance changes at any setting above 0.
THRESHOLDS: dict[Layer, float] = {
    "performance": 0.0, "ornaments": 0.15, "comping": 0.3, "groove": 0.45, "chords": 0.6, "melody": 0.7,
    "sound": 0.85,
}  # fmt: skip
TRIES = 5  # attempts at a layer whose result is closer to the old song
SEEDS = 2**32


def layers_at(variance: float) -> list[Layer]:
    """Return the layers that a setting of the dial opens, in order."""
    if variance <= 0:
        return []
    return [layer for layer, threshold in THRESHOLDS.items() if variance >= threshold]


def retaken(song: KeptSong, variance: float, seed: int) -> Reworked:
    """Retake the song. Variance 0 returns the song itself."""
    layers = layers_at(variance)
    if not layers:
        return Reworked(
            song.score,
            song.plan,
            song.seed,
            song.is_composed,
            spans=(),
            details=_details(song, [], song.score),
        )
    known = dict(song.seed.layers) if isinstance(song.seed, LayeredSeed) else {}
    best, share = _performed(song, song.score, int(song.seed)), 0.0
    for layer in layers:
        opened = None
        for attempt in range(1 if layer == "performance" else TRIES):
            chosen = {**known, layer: _sub_seed(seed, layer, attempt)}
            score = _composed(song, chosen)
            found = changed_share(song.score, score)
            if found >= share:
                opened = chosen, score, found
                break
        if opened is not None:
            known, best, share = opened
    again = LayeredSeed(int(song.seed), known)
    return Reworked(best, song.plan, again, is_composed=True, details=_details(song, layers, best))


def _sub_seed(seed: int, layer: Layer, attempt: int) -> int:
    return draw(seed, "retake", layer, attempt).randrange(SEEDS)


def _composed(song: KeptSong, layers: dict[Layer, int]) -> Score:
    seed = LayeredSeed(int(song.seed), layers)
    score = compose(song.plan, seed, counted_for(song.score.reader))
    return _performed(song, score, seed.performance)


def _performed(song: KeptSong, score: Score, seed: int) -> Score:
    """Keep the same singers, whatever the seed of the performance."""
    old = song.score
    if "balance" in old.notes:
        score = replace(score, notes={**score.notes, "balance": old.notes["balance"]})
    return replace(score, seed=seed, voice=singer_name(song), singers=old.singers, reader=old.reader)


def singer_name(song: KeptSong) -> str:
    """Return the name of the solo singer, or the word for the choir if one sings."""
    named = song.document.get("singer") or ""
    is_choir = "choir" in song.score.voice
    return named if named in SINGERS and not is_choir else song.score.voice


def _details(song: KeptSong, layers: list[Layer], score: Score) -> dict[str, object]:
    return {
        "layers": layers,
        "changed_share": round(changed_share(song.score, score), 4),
        "changed": {"tracks": changed_tracks(song.score, score), "bars": [], "lines": []},
    }
