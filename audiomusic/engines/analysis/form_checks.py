"""Checks tempo, key, metre, length, form and genre of a score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from audiomusic.engines.analysis.adherence import KEY_PROFILES
from audiomusic.engines.analysis.findings import Finding, names_of
from audiomusic.engines.analysis.score_facts import (
    CHORD_BEAT,
    EPS,
    NOTE_BEAT,
    NOTE_BEATS,
    NOTE_PITCH,
    SYLLABLE_BEAT,
    SYLLABLE_BEATS,
    SYLLABLE_PITCH,
    ScoreFacts,
    spoken,
    spoken_count,
    spoken_list,
)
from audiomusic.engines.captions.wishes import Wish
from audiomusic.engines.studio.compose.genres import find_genre
from audiomusic.engines.theory import PITCH_NAMES, SCALES, TONALITIES, Mode, parse_key, tonality_of

NEAR_BPM = 0.05  # tolerance for rounding
NEAR_LENGTH = 0.02  # share of the requested length
LEAST_NEAR_S = 0.5
RING_S = 5.0  # how long a last chord may ring after the last word
BARRED_SHARE = 0.4  # share of chords on a bar line from which the written metre is accepted
LEAST_SOLO_NOTES = 4

SCALE_SHARE = 0.9  # of the notes' time must be in the key's scale, or
FOREIGN_FIT = 0.2  # another key may fit this much better; for correct keys at most 0.11 was seen


def check_tempo(score: ScoreFacts, wish: Wish, wishes: Sequence[Wish]) -> Finding | None:
    if not isinstance(wish.value, tuple) or wish.polarity == "refuse":
        return None
    slowest, fastest = (float(bound) for bound in wish.value)
    bpm = performed_bpm(score)
    asked = f"{slowest:g} bpm" if slowest == fastest else f"{slowest:g} to {fastest:g} bpm"
    return Finding(asked, f"{bpm:g} bpm", slowest - NEAR_BPM <= bpm <= fastest + NEAR_BPM)


def performed_bpm(score: ScoreFacts) -> float:
    """Return the tempo computed from the times of the sections, not the one in the score's header."""
    timed = [part for part in score.outline["sections"] if part["end_s"] < score.outline["duration_s"] - EPS]
    bpm = float(score.outline["bpm"])
    if not timed or not timed[-1]["beat"] + timed[-1]["beats"]:
        return round(bpm, 2)
    last = timed[-1]
    quarter_s = last["end_s"] / (last["beat"] + last["beats"])
    return round(bpm * float(score.outline["quarter_s"]) / float(quarter_s), 2)


def check_metre(score: ScoreFacts, wish: Wish, wishes: Sequence[Wish]) -> Finding:
    found = str(score.outline["timesignature"])
    share = _barred_share(score)
    is_right = found == wish.value and (share is None or share >= BARRED_SHARE)
    seen = f"{found}, {share:.0%} of the chords begin a bar" if share is not None else found
    if wish.polarity == "refuse":
        return Finding(f"not {wish.value}", found, found != wish.value)
    return Finding(f"{wish.value}", seen, is_right)


def _barred_share(score: ScoreFacts) -> float | None:
    """Return the share of the chord onsets that fall on a bar line; None with fewer than two."""
    onsets = {round(chord[CHORD_BEAT], 3) for chord in score.outline["chords"]}
    if len(onsets) < 2:
        return None
    count = int(max(onsets) // score.bar_quarters) + 1
    bar_lines = [round(bar * score.bar_quarters, 3) for bar in range(count)]
    changes = [onset for onset in onsets if any(abs(onset - line) < 0.01 for line in bar_lines)]
    return len(changes) / len(onsets)


def check_key(score: ScoreFacts, wish: Wish, wishes: Sequence[Wish]) -> Finding | None:
    tonic, mode = _key_of(str(wish.value))
    keys = [key["name"] for key in score.outline["keys"]]
    found = spoken_list(list(dict.fromkeys(keys)), "then")
    if wish.polarity == "refuse":
        barred = [key for key in keys if _agrees(key, tonic, mode)]
        return Finding(f"not {wish.value}", found, not barred)
    named = keys if tonic is None else keys[:1]  # a modulation keeps its mode
    is_named = all(_agrees(key, tonic, mode) for key in named)
    home_tonic, home_mode = _key_of(keys[0])
    fits = home_tonic is None or _notes_fit(score, home_tonic, home_mode)
    seen = found if fits else f"{found}, which the notes do not keep"
    return Finding(str(wish.value), seen, is_named and fits)


def _key_of(name: str) -> tuple[int | None, str]:
    """Return (tonic, mode) of "Eb Minor"; a mode alone has no tonic."""
    if name.casefold() in SCALES:
        return None, name.casefold()
    key = parse_key(name).key
    return key.tonic, key.mode


def _agrees(key: str, tonic: int | None, mode: str) -> bool:
    own_tonic, own_mode = _key_of(key)
    return own_mode == mode and tonic in (None, own_tonic)


def _notes_fit(score: ScoreFacts, tonic: int, mode: str) -> bool:
    """Return whether the notes are in this key: in its scale, or not fitted much better by another key's
    profile. A mode also requires its own degrees to be heard more than those of major or minor."""
    classes = _time_by_class(score)
    if not sum(classes):
        return True
    scale = SCALES[cast(Mode, mode)]
    inside = sum(classes[(tonic + step) % 12] for step in scale) / sum(classes)
    if mode not in TONALITIES:
        plain = SCALES[tonality_of(cast(Mode, mode))]
        changed = [(own, other) for own, other in zip(scale, plain, strict=True) if own != other]
        is_heard = all(classes[(tonic + own) % 12] > classes[(tonic + other) % 12] for own, other in changed)
        return inside >= SCALE_SHARE and is_heard
    if inside >= SCALE_SHARE:
        return True
    fits = {
        (place, name.casefold()): _correlation(_turned(profile, place), classes)
        for place in range(len(PITCH_NAMES))
        for name, profile in KEY_PROFILES.items()
    }
    return (tonic, mode) in fits and max(fits.values()) - fits[tonic, mode] <= FOREIGN_FIT


def _time_by_class(score: ScoreFacts) -> list[float]:
    """Return the quarters spent on each pitch class; later keys are transposed back to the first."""
    keys = [(key["beat"], _key_of(key["name"])[0] or 0) for key in score.outline["keys"]]
    classes = [0.0] * 12
    notes = [
        (note[NOTE_BEAT], note[NOTE_BEATS], note[NOTE_PITCH])
        for part in score.parts.values()
        for note in part
    ]
    sung = [line for line in score.lines if line["style"] != "rap"]
    rows = [syllable for line in sung for syllable in line["syllables"]]
    notes += [(row[SYLLABLE_BEAT], row[SYLLABLE_BEATS], row[SYLLABLE_PITCH]) for row in rows]
    for onset, beats, pitch in notes:
        tonic = [tonic for beat, tonic in keys if beat <= onset + EPS][-1]
        classes[(round(pitch) - tonic + keys[0][1]) % 12] += beats
    return classes


def _turned(profile: Sequence[float], places: int) -> list[float]:
    return [profile[(step - places) % 12] for step in range(12)]


def _correlation(one: Sequence[float], two: Sequence[float]) -> float:
    mean_one, mean_two = sum(one) / len(one), sum(two) / len(two)
    cross = sum((a - mean_one) * (b - mean_two) for a, b in zip(one, two, strict=True))
    power = sum((a - mean_one) ** 2 for a in one) * sum((b - mean_two) ** 2 for b in two)
    return cross / float(power**0.5) if power else 0.0


def check_duration(score: ScoreFacts, wish: Wish, wishes: Sequence[Wish]) -> Finding | None:
    if not isinstance(wish.value, float | int) or wish.polarity == "refuse":
        return None
    asked, found = float(wish.value), float(score.outline["duration_s"])
    near = abs(found - asked) <= max(LEAST_NEAR_S, NEAR_LENGTH * asked)
    return Finding(f"{asked:g} seconds", f"{found:g} seconds", near)


def check_genre(score: ScoreFacts, wish: Wish, wishes: Sequence[Wish]) -> Finding | None:
    """Check the genre. Of several genres that one score cannot blend, only the one it is written in is
    judged."""
    own, found = _is_genre(score, wish), spoken(str(score.outline["genre"]))
    if own is None:
        return None
    if wish.polarity == "refuse":
        return Finding(f"not {wish.value}", found, not own)
    others = [other for other in wishes if other.aspect == "genre" and other.polarity != "refuse"]
    if not own and any(_is_genre(score, other) for other in others):
        return None
    return Finding(str(wish.value), found, own)


def _is_genre(score: ScoreFacts, wish: Wish) -> bool | None:
    genre = find_genre(str(wish.value))
    return None if genre is None else genre.slug == score.outline["genre"]


def check_form(score: ScoreFacts, wish: Wish, wishes: Sequence[Wish]) -> Finding | None:
    """Check the form by its name; wishes that a score does not contain (a fade-out) are not judged."""
    [value, *_] = names_of(wish.value) or ("",)
    name, _, detail = value.partition(":")
    if wish.polarity == "refuse":
        name, detail = (f"no_{name}", detail) if name != "solo" else ("no_solo", detail)
    if name == "no_intro":
        return _no_intro(score)
    if name == "no_outro":
        return _no_outro(score)
    if name == "starts_with":
        return _edge(score, detail, place=0)
    if name == "ends_with":
        return _edge(score, detail, place=-1)
    if name == "key_change":
        return _key_change(score)
    if name == "solo":
        return _solo(score, detail)
    return _no_section(score, name.removeprefix("no_")) if name.startswith("no_") else None


def _no_intro(score: ScoreFacts) -> Finding:
    if not score.lines:
        [first, *_] = score.outline["sections"]
        return Finding("no intro", f"begins with the {spoken(first['kind'])}", first["kind"] != "intro")
    asked = f"the voice begins within a bar ({score.bar_s:.1f} s)"
    return Finding(asked, f"after {score.first_word_s:.1f} s", score.first_word_s <= score.bar_s + EPS)


def _no_outro(score: ScoreFacts) -> Finding:
    last = score.outline["sections"][-1]
    if not score.lines:
        return Finding("no outro", f"ends with the {spoken(last['kind'])}", last["kind"] != "outro")
    rest_s = float(score.outline["duration_s"]) - score.last_word_s
    longest_s = max(RING_S, score.bar_s)
    return Finding(
        f"ends with the last line (at most {longest_s:.1f} s behind it)",
        f"{rest_s:.1f} s behind it",
        rest_s <= longest_s + EPS,
    )


def _edge(score: ScoreFacts, kind: str, *, place: int) -> Finding:
    found = score.outline["sections"][place]["kind"]
    word = "begins" if place == 0 else "ends"
    return Finding(f"{word} with the {spoken(kind)}", f"{word} with the {spoken(found)}", found == kind)


def _key_change(score: ScoreFacts) -> Finding:
    keys = score.outline["keys"]
    changes = [f"{key['name']} from {key['start_s']:.1f} s" for key in keys[1:]]
    is_changed = len({key["name"] for key in keys}) > 1
    return Finding("a change of key", spoken_list(changes) or f"{keys[0]['name']} throughout", is_changed)


def _solo(score: ScoreFacts, instrument: str) -> Finding:
    solos = list(score.sections_of("solo", "breakdown"))
    options = instrument.split("|")
    asked = f"a solo by the {spoken_list([*map(spoken, options)], 'or')}" if instrument else "a solo"
    if not instrument:
        return Finding(asked, spoken_count(len(solos), "solo"), bool(solos))
    players = [name for name in score.parts if {name, *name.split("_")} & set(options)]
    counts = [score.notes_between(players, part["beat"], part["beat"] + part["beats"]) for part in solos]
    found = f"{spoken_count(sum(counts), 'note')} in {spoken_count(len(solos), 'solo')}"
    return Finding(asked, found, max(counts, default=0) >= LEAST_SOLO_NOTES)


def _no_section(score: ScoreFacts, kind: str) -> Finding:
    parts = list(score.sections_of(kind))
    found = spoken_list([f"{part['label']} from {part['start_s']:.1f} s" for part in parts]) or "none"
    return Finding(f"no {spoken(kind)}", found, not parts)
