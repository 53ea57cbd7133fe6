"""A score as JSON, kept with a take to be displayed, edited and played again.

docs/score.md explains every field. Displayed values are rounded; playback reads the exact ones stored next to
them (`rework.kept_score`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from audiomusic.engines.captions.lexicon import instruments_called
from audiomusic.engines.general_midi import VOICE, midi_number
from audiomusic.engines.studio.clips import VocalClip
from audiomusic.engines.studio.lyric_timing import singer_marks, vocal_parts
from audiomusic.engines.studio.rework.kept_score import EXACT, dump_score
from audiomusic.engines.studio.score import DrumTrack, Score, ScoreSinger, Syllable, Track, VocalLine
from audiomusic.engines.studio.voice import SINGERS, choose_singer, syllabify
from audiomusic.engines.theory import Key

FUNCTIONS = ("bass", "sub", "pad", "choir")  # roles that many instruments can fill
FORMAT, VERSION = "audiomusic-score", 1

#: The columns of the lists in a score, in order. The file lists them too.
COLUMNS = {
    "chords": ("start_s", "end_s", "name", "beat", "beats"),
    "notes": ("start_s", "length_s", "pitch", "velocity", "beat", "beats"),
    "hits": ("start_s", "piece", "velocity", "beat"),
    "words": ("start_s", "end_s", "text"),
    "syllables": ("start_s", "length_s", "pitch", "text", "begins_word", "beat", "beats"),
}


def score_outline(score: Score, clips: Sequence[VocalClip] = ()) -> dict[str, Any]:
    """Return everything written, with times; with `clips` also when each word was sung."""
    fade_s = score.notes.get("fade_out_s")
    return {
        "format": FORMAT,
        "version": VERSION,
        "seed": score.seed,
        "genre": score.genre,
        "duration_s": score.duration_s,
        "key": score.key.name,
        "keys": score_keys(score),
        "bpm": score.metre.bpm,
        "quarter_s": score.metre.quarter_s,
        "timesignature": score.metre.name,
        "swing": {"amount": score.swing, "grid": score.swing_grid},
        "humanise_ms": score.humanise_ms,
        "is_loop": score.seamless_loop,
        "columns": {name: list(columns) for name, columns in COLUMNS.items()},
        "sections": [
            {
                "kind": section.kind,
                "label": section.label,
                **_span(score, section.onset, section.length),
                "energy": section.energy,
            }
            for section in score.sections
        ],
        "chords": [
            [
                _seconds(score, chord.onset),
                _seconds(score, chord.onset + chord.length),
                chord.name,
                *_beats(chord.onset, chord.length),
            ]
            for chord in score.chords
        ],
        "tracks": [_track(score, track) for track in score.tracks],
        "drums": _drums(score, score.drums) if score.drums else None,
        "singer": _singer(score) if score.vocals else None,
        "singers": _singers(score) if score.vocals else [],
        "vocals": _vocals(score, clips),
        EXACT: dump_score(score),
    } | ({"fade_out_s": fade_s} if fade_s else {})


def score_keys(score: Score) -> list[dict[str, Any]]:
    """Return the keys of the piece: some songs end higher than they start."""
    keys = [{"start_s": 0.0, "beat": 0.0, "name": score.key.name}]
    if lift := score.notes.get("lift"):
        higher = Key((score.key.tonic + lift["semitones"]) % 12, score.key.mode)
        start_s, [beat] = _seconds(score, lift["onset"]), _beats(lift["onset"])
        keys.append({"start_s": start_s, "beat": beat, "name": higher.name})
    return keys


def _seconds(score: Score, quarters: float) -> float:
    """Return the performed time; everything ends where the piece is cut."""
    return round(min(score.performed_seconds(quarters), score.duration_s), 4)


def _length_s(score: Score, onset: float, length: float) -> float:
    return round(_seconds(score, onset + length) - _seconds(score, onset), 4)


def _beats(*quarters: float) -> list[float]:
    return [round(value, 6) for value in quarters]


def _span(score: Score, onset: float, length: float) -> dict[str, float]:
    beat, beats = _beats(onset, length)
    return {
        "start_s": _seconds(score, onset),
        "end_s": _seconds(score, onset + length),
        "beat": beat,
        "beats": beats,
    }


@cache
def said_role(role: str, instrument: str) -> str:
    """Return the role's name, unless it names another instrument: a banjo in place of the "rhythm guitar"
    plays the "rhythm" part, one in place of the piano just a "part"."""
    *before, last = role.split()
    called = () if last in FUNCTIONS else instruments_called(last)
    return role if not called or instrument in called else " ".join(before) or "part"


def _track(score: Score, track: Track) -> dict[str, Any]:
    notes = [
        [
            _seconds(score, note.onset),
            _length_s(score, note.onset, note.length),
            note.pitch,
            round(note.velocity, 3),
            *_beats(note.onset, note.length),
        ]
        for note in track.notes
    ]
    return {
        "role": said_role(track.role, track.instrument),
        "instrument": track.instrument,
        "program": midi_number("programs", track.instrument),
        "gain_db": track.gain_db,
        "pan": track.pan,
        "notes": notes,
    }


def _drums(score: Score, drums: DrumTrack) -> dict[str, Any]:
    pieces = sorted({hit.piece for hit in drums.hits})
    return {
        "kit": drums.kit,
        "program": midi_number("kits", drums.kit),
        "keys": {piece: midi_number("pieces", piece) for piece in pieces},
        "gain_db": drums.gain_db,
        "hits": [
            [_seconds(score, hit.onset), hit.piece, round(hit.velocity, 3), *_beats(hit.onset)]
            for hit in drums.hits
        ],
    }


def _singer(score: Score) -> str:
    """Return the singer's name as the voice chooses it."""
    singer = SINGERS.get(score.voice) or choose_singer(score.voice, "", score.seed)
    return singer.name


def _singers(score: Score) -> list[dict[str, Any]]:
    """Return all singers, in the order of the lines' singer numbers."""
    company = score.singers or (ScoreSinger(_singer(score).capitalize(), _singer(score)),)
    return [
        {
            "name": singer.name,
            "voice": singer.voice,
            "kind": SINGERS[singer.voice].kind,
            "low": SINGERS[singer.voice].low_midi,
            "high": SINGERS[singer.voice].high_midi,
            "pan": singer.pan,
            "is_choir": singer.is_choir,
        }
        for singer in company
    ]


def _vocals(score: Score, clips: Sequence[VocalClip]) -> list[dict[str, Any]]:
    words = {clip.line: clip.words for clip in clips}
    return [
        {
            "part": part,
            "style": line.style,
            "language": line.language,
            "section": line.section,
            "singer": line.singer,
            "mark": mark,
            "text": line.text,
            "program": midi_number("programs", VOICE),
            "velocity": line.velocity,
            "words": [
                [round(word.start_s, 4), round(word.end_s, 4), word.text] for word in words.get(index, [])
            ],
            "syllables": _syllables(score, line),
        }
        for index, (line, part, mark) in enumerate(
            zip(score.vocals, vocal_parts(score), singer_marks(score), strict=True)
        )
    ]


def _syllables(score: Score, line: VocalLine) -> list[list[Any]]:
    """Return the line's notes with the letters sung on each; no letters if it is hummed."""
    [spoken] = syllabify([line.text], line.language, score.reader)
    if len(spoken) != len(line.onsets):
        spoken = [Syllable("", 0, False)] * len(line.onsets)
    return [
        [
            _seconds(score, onset),
            _length_s(score, onset, length),
            pitch,
            syllable.text,
            syllable.word_start,
            *_beats(onset, length),
        ]
        for onset, length, pitch, syllable in zip(
            line.onsets, line.lengths, line.pitches, spoken, strict=True
        )
    ]
