"""A new song in the sound of an existing one: its genre, band, kit, singer, tempo and mood, but nothing of
its melody or chords."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from audiomusic.engines.base import Kind, SongRequest
from audiomusic.engines.studio.caption import read_caption
from audiomusic.engines.studio.compose import compose
from audiomusic.engines.studio.compose.seeds import LayeredSeed
from audiomusic.engines.studio.plan import make_plan
from audiomusic.engines.studio.rework.edits.retake import singer_name
from audiomusic.engines.studio.rework.edits.reworked import Reworked, changed_tracks
from audiomusic.engines.studio.rework.kept_song import KeptSong
from audiomusic.engines.studio.rework.syllable_counts import counted_for
from audiomusic.engines.studio.voice import choose_reader


def referred(song: KeptSong, wishes: Mapping[str, Any], seed: int) -> Reworked:
    """Compose the song.

    `wishes`: caption, lyrics, instrumental, duration_s, max_duration_s and the request's own bpm, keyscale,
    timesignature, genre, vocal_language.
    """
    plan, hints = song.plan, read_caption(wishes["caption"])
    is_instrumental = bool(wishes.get("instrumental"))
    has_own_genre = bool(wishes.get("genre") or hints.genres)
    has_own_tempo = bool(wishes.get("bpm") or hints.tempo or hints.tempo_place is not None)
    kind: Kind = "instrumental" if is_instrumental else "song" if plan.kind == "instrumental" else plan.kind
    lyrics = wishes.get("lyrics") or ""
    asked = SongRequest(
        kind=kind,
        caption=wishes["caption"],
        seeds=(seed,),
        max_duration_s=wishes["max_duration_s"],
        duration_s=wishes.get("duration_s"),
        lyrics=lyrics,
        write_lyrics=not is_instrumental and not lyrics,
        bpm=wishes.get("bpm") or (None if has_own_tempo else plan.bpm),
        keyscale=wishes.get("keyscale"),
        timesignature=wishes.get("timesignature") or (None if hints.metre else plan.metre.name),
        vocal_language=wishes.get("vocal_language"),
        genre=wishes.get("genre") if has_own_genre else plan.genre,
        title=wishes.get("title") or "",
    )
    made = make_plan(asked, seed)
    keeps_mode = not (wishes.get("keyscale") or hints.key or hints.mode)
    if keeps_mode and made.key.mode != plan.key.mode:
        made = replace(made, key=replace(made.key, mode=plan.key.mode))
    energy = plan.energy if not hints.energy else made.energy
    keeps_singer = made.language is not None and not hints.voices and plan.language is not None
    made = replace(
        made,
        energy=energy,
        moods=made.moods or plan.moods,
        era=made.era or plan.era,
        wanted=made.wanted or (plan.wanted if not has_own_genre else ()),
        singer=plan.singer if keeps_singer else made.singer,
    )
    own_band = not has_own_genre
    again = LayeredSeed(seed, {"sound": _sound_seed(song.seed)}) if own_band else seed
    reader = choose_reader(made.language or "", is_sung=bool(made.lyrics))
    score = replace(compose(made, again, counted_for(reader)), reader=reader)
    if keeps_singer and not score.singers and not song.score.singers:
        score = replace(score, voice=singer_name(song))
    reference = {
        "bpm": {"value": made.bpm, "source": _source(wishes.get("bpm"), has_own_tempo)},
        "mode": {"value": made.key.mode, "source": _source(wishes.get("keyscale"), not keeps_mode)},
        "genre": {"value": made.genre, "source": _source(wishes.get("genre"), has_own_genre)},
        "energy": {"value": energy, "source": "caption" if hints.energy else "reference"},
        "singer": {"value": made.singer, "source": "reference" if keeps_singer else "caption"},
        "instruments": sorted({track.instrument for track in score.tracks}),
    }
    return Reworked(
        replace(score, seed=seed),
        made,
        again,
        is_composed=True,
        details={
            "reference": reference,
            "changed": {"tracks": changed_tracks(song.score, score), "bars": [], "lines": []},
        },
        not_applied=made.not_applied,
    )


def _sound_seed(seed: int) -> int:
    """Return the seed with which the song's instruments were chosen."""
    return seed.layers.get("sound", int(seed)) if isinstance(seed, LayeredSeed) else seed


def _source(asked: object, is_captioned: bool) -> str:
    return "request" if asked else "caption" if is_captioned else "reference"
