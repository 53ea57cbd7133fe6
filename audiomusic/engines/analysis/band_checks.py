"""Checks the instruments, drums and voices of a score, bar by bar."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from audiomusic.engines.analysis.findings import Finding, names_of
from audiomusic.engines.analysis.score_facts import (
    CHOIR,
    HIT_BEAT,
    HIT_PIECE,
    NOTE_BEAT,
    NOTE_BEATS,
    SYLLABLE_BEAT,
    Row,
    ScoreFacts,
    VocalRow,
    members_of,
    spoken,
    spoken_count,
    spoken_list,
)
from audiomusic.engines.captions.wishes import Wish

LEAST_NOTES = 4  # fewer do not make a part
LONE_NOTES = 8  # with fewer notes in the score (one hit or chord), one note is enough
CHOIR_VOICES = 3
ANYBODY = "any"  # any voice
VOICE_WORDS = {ANYBODY: "somebody", CHOIR: "a choir", "rap": "a rap"}
HELD_QUARTERS = 2.0  # minimum mean note length of a texture


def check_instrument(score: ScoreFacts, wish: Wish, wishes: Sequence[Wish]) -> Finding:
    if wish.polarity == "only":
        return _only(score, wishes, _named(wish))
    names = names_of(wish.value)
    if wish.polarity == "refuse":
        heard = [name for name in names or tuple(score.parts) if name in score.parts]
        return Finding(f"no {_named(wish).removeprefix('any ')}", _parts_in_words(score, heard), not heard)
    counts = {name: len(score.parts[name]) for name in names if name in score.parts}
    least = LEAST_NOTES if score.note_count > LONE_NOTES else 1
    return Finding(f"{_named(wish)} plays", _parts_in_words(score, counts), sum(counts.values()) >= least)


def check_drums(score: ScoreFacts, wish: Wish, wishes: Sequence[Wish]) -> Finding:
    if wish.polarity == "only":
        return _only(score, wishes, _drum_name(wish))
    hits = _hits_of(score, wish)
    name, found = _drum_name(wish), _hits_in_words(score, hits)
    if wish.polarity == "refuse":
        return Finding(f"no {name}", found, not hits)
    least = LEAST_NOTES if len(score.hits) > LONE_NOTES else 1
    return Finding(f"{name} play" if name.endswith("s") else f"{name} plays", found, len(hits) >= least)


def check_voice(score: ScoreFacts, wish: Wish, wishes: Sequence[Wish]) -> Finding:
    voices = names_of(wish.value)
    if not voices or (wish.polarity == "refuse" and ANYBODY in voices):
        return Finding("nobody sings", _sung_in_words(score), not score.lines)
    found = _singers_in_words(score)
    if wish.polarity == "refuse":
        barred = [line for line in score.lines if any(_sings(score, line, voice) for voice in voices)]
        where = f" in {_line_bars(score, barred)}" if barred else ""
        return Finding(f"no {spoken_list(voices, 'or')} voice", found + where, not barred)
    is_met = _cover(score, voices)
    if wish.polarity == "want":
        return Finding(_voices_in_words(voices), found, is_met)
    strangers = [line for line in score.lines if not any(_sings(score, line, voice) for voice in voices)]
    if any(other.aspect in ("instrument", "drums") and other.polarity != "refuse" for other in wishes):
        return Finding(f"only {_voices_in_words(voices)}", found, is_met and not strangers)
    band = _band_in_words(score)
    asked = f"only {_voices_in_words(voices)}, without a band"
    return Finding(asked, f"{found}; {band}", is_met and not strangers and not _plays(score))


def check_sample(score: ScoreFacts, wish: Wish, wishes: Sequence[Wish]) -> Finding | None:
    """Check what a loop or one-shot consists of, by its notes: "drum", "bass", "chords", "texture" or
    "melodic"."""
    tests = {
        "drum": bool(score.hits) and not score.parts,
        "bass": any("bass" in name for name in score.parts) and not score.hits,
        "chords": _most_at_once(score) >= 3,
        "texture": bool(score.parts) and _mean_length(score) >= HELD_QUARTERS,
        "melodic": bool(score.parts) and _most_at_once(score) <= 2,
    }
    [value, *_] = names_of(wish.value) or ("",)
    if value not in tests or wish.polarity == "refuse":
        return None
    return Finding(f"a {value} sample", _band_in_words(score), tests[value])


def _only(score: ScoreFacts, wishes: Sequence[Wish], named: str) -> Finding:
    """Check that the band only has what the wishes name, and that each exclusive one really plays."""
    band = [wish for wish in wishes if wish.aspect in ("instrument", "drums") and wish.polarity != "refuse"]
    allowed = {name for wish in band if wish.aspect == "instrument" for name in names_of(wish.value)}
    drummers = [wish for wish in band if wish.aspect == "drums"]
    strangers = [name for name in score.parts if name not in allowed]
    is_drummed = bool(score.hits) and not drummers
    needed = [wish for wish in band if wish.polarity == "only"]
    is_there = all(_is_heard(score, wish) for wish in needed)
    return Finding(
        f"only {named}" if named else "no band at all",
        _band_in_words(score),
        is_there and not strangers and not is_drummed,
    )


def _is_heard(score: ScoreFacts, wish: Wish) -> bool:
    if wish.aspect == "drums":
        return bool(_hits_of(score, wish))
    names = names_of(wish.value)
    return not names or any(name in score.parts for name in names)


def _plays(score: ScoreFacts) -> bool:
    return bool(score.parts or score.hits)


def _named(wish: Wish) -> str:
    """Name the instruments that a wish allows: "piano or organ", or "any guitar" for a whole family."""
    names = names_of(wish.value)
    families = {name.rpartition("_")[2] for name in names}
    is_family = len(names) > 1 and len(families) == 1
    named = f"any {families.pop()}" if is_family else spoken_list([*map(spoken, names)], "or")
    return f"{wish.nearest_to} (nearest: {named})" if wish.nearest_to else named


def _drum_name(wish: Wish) -> str:
    return spoken(wish.value) if isinstance(wish.value, str) else "drums"


def _hits_of(score: ScoreFacts, wish: Wish) -> list[Row]:
    """Return the hits that the wish is about: of one piece, of a whole kit, or all."""
    if not isinstance(wish.value, str) or wish.value == score.kit:
        return list(score.hits)
    return [hit for hit in score.hits if hit[HIT_PIECE] == wish.value]


def _hits_in_words(score: ScoreFacts, hits: Sequence[Row]) -> str:
    if not hits:
        return "none"
    return f"{spoken_count(len(hits), 'hit')} in {score.bars(hit[HIT_BEAT] for hit in hits)}"


def _parts_in_words(score: ScoreFacts, names: Iterable[str]) -> str:
    """Describe the parts: "cello, 64 notes in bars 5-8" or "none"."""
    parts = [
        f"{spoken(name)}, {spoken_count(len(score.parts[name]), 'note')} in {score.note_bars(name)}"
        for name in names
    ]
    return "; ".join(parts) or "none"


def _band_in_words(score: ScoreFacts) -> str:
    """Name everyone who plays."""
    names = [spoken(name) for name in score.parts] + (["drums"] if score.hits else [])
    return spoken_list(names) or "no band"


def _sings(score: ScoreFacts, line: VocalRow, voice: str) -> bool:
    """Return whether a line is sung by such a voice."""
    if voice in (ANYBODY, "rap"):
        return bool(voice == ANYBODY or line["style"] == "rap")
    return any(_is_voice(name, voice) for name in score.singers_of(line))


def _is_voice(singer: str, voice: str) -> bool:
    members = members_of(singer)
    if voice == ANYBODY:
        return True
    if voice == CHOIR:
        return len(members) >= CHOIR_VOICES
    return any(voice in (member.kind, member.register, member.name) for member in members)


def _cover(score: ScoreFacts, voices: Sequence[str]) -> bool:
    """Return whether each requested voice has a singer of its own."""
    free = list(score.singers)
    for voice in voices:
        if voice == "rap":
            if not any(line["style"] == "rap" for line in score.lines):
                return False
            continue
        fitting = next((name for name in free if _is_voice(name, voice)), None)
        if fitting is None:
            return False
        free.remove(fitting)
    return True


def _voices_in_words(voices: Sequence[str]) -> str:
    return spoken_list([VOICE_WORDS.get(voice, f"a {voice} voice") for voice in voices])


def _singers_in_words(score: ScoreFacts) -> str:
    if not score.lines:
        return "nobody sings"
    who = [f"{name} ({_kind(name)})" for name in score.singers]
    is_rapped = all(line["style"] == "rap" for line in score.lines)
    return f"{spoken_list(who) or 'somebody'} {'rap' if is_rapped else 'sing'}{'' if len(who) > 1 else 's'}"


def _kind(singer: str) -> str:
    members = members_of(singer)
    if len(members) >= CHOIR_VOICES:
        return spoken_count(len(members), "voice")
    return spoken_list([f"{member.register} {member.kind}" for member in members]) or "unknown"


def _sung_in_words(score: ScoreFacts) -> str:
    if not score.lines:
        return "nobody sings"
    return f"{spoken_count(len(score.lines), 'line')} sung in {_line_bars(score, score.lines)}"


def _line_bars(score: ScoreFacts, lines: Sequence[VocalRow]) -> str:
    return score.bars(syllable[SYLLABLE_BEAT] for line in lines for syllable in line["syllables"])


def _most_at_once(score: ScoreFacts) -> int:
    """Return the maximum number of notes that start together."""
    onsets = [round(note[NOTE_BEAT] * 8) for notes in score.parts.values() for note in notes]
    return max((onsets.count(onset) for onset in set(onsets)), default=0)


def _mean_length(score: ScoreFacts) -> float:
    """Return the mean note length in quarters."""
    lengths = [note[NOTE_BEATS] for notes in score.parts.values() for note in notes]
    return sum(lengths) / len(lengths) if lengths else 0.0
