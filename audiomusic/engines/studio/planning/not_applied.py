"""What was not done from a caption, and why: each wish is checked against the finished plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from audiomusic.engines.base import SongRequest
from audiomusic.engines.captions.entries import PlayerEntry, SectionSpan, windows_of
from audiomusic.engines.captions.lexicon import table
from audiomusic.engines.captions.wishes import Aspect, Reading, Wish
from audiomusic.engines.studio.caption import ANY_VOICE, CaptionHints
from audiomusic.engines.studio.compose.genres import GenreDefinition, find_genre
from audiomusic.engines.studio.compose.vocabulary import words_table
from audiomusic.engines.taxonomy import vocabulary
from audiomusic.engines.theory import SCALES, parse_key, played_metre

if TYPE_CHECKING:
    from audiomusic.engines.studio.cast import CastMember
    from audiomusic.engines.studio.plan import Plan

PARAMETER = "The parameter {} takes precedence."
MARKS = "The lyrics or the length require another form."
CANNOT = "The studio cannot do this."
NEAREST = "The band does not have this instrument; the nearest one plays: {}."
DONE_FORMS = frozenset({"fade_out", "abrupt_end"})


@dataclass(frozen=True)
class Outcome:
    """What was planned, and its inputs."""

    plan: Plan
    request: SongRequest
    hints: CaptionHints
    genre: GenreDefinition

    @property
    def sings(self) -> bool:
        return self.plan.language is not None


def unmet_wishes(outcome: Outcome) -> dict[str, str]:
    """Map the words of each wish that was not met as asked to the reason."""
    notes = {wish.words: reason for wish, reason in outcome.hints.reading.settled}
    for wish in outcome.hints.reading.wishes:
        check = CHECKS.get(wish.aspect)
        reason = check(wish, outcome) if check else ""
        if reason:
            notes.setdefault(wish.words, reason)
    return notes


def wishes_to_hold(reading: Reading, notes: Mapping[str, str]) -> tuple[Wish, ...]:
    """Return the wishes to check against the finished score: all except those overridden by a parameter."""
    lost = PARAMETER.partition("{")[0]
    return tuple(wish for wish in reading.wishes if not notes.get(wish.words, "").startswith(lost))


def _genre(wish: Wish, outcome: Outcome) -> str:
    slug = _slug(str(wish.value))
    plays = outcome.plan.genre
    if outcome.request.genre and outcome.request.genre.casefold() != "custom" and slug != plays:
        return PARAMETER.format("genre_preset") if wish.polarity == "want" else ""
    if wish.polarity == "refuse":
        same = (
            slug == plays and str(wish.value) not in outcome.hints.reading.heads and not outcome.hints.genres
        )
        return PARAMETER.format("genre_preset") if same and outcome.request.genre else ""
    is_beside = str(wish.value) in table("genres")["shapes"] or _is_adjective(wish)
    if slug == plays or is_beside or outcome.hints.genres[:1] == (slug,):
        return ""
    return f"A song has only one genre: it is played as {outcome.genre.name}."


def _is_adjective(wish: Wish) -> bool:
    """Whether the wish uses a word that, next to another genre, is a mood."""
    return wish.words.casefold() in table("genres")["adjectives"]


def _slug(name: str) -> str | None:
    found = find_genre(vocabulary().genres[name].style)
    return found.slug if found else None


def _era(wish: Wish, outcome: Outcome) -> str:
    if wish.nearest_to:
        return f"The oldest available decade is used: {wish.value}."
    return (
        ""
        if outcome.plan.era == wish.value or wish.polarity == "refuse"
        else "The studio does not know this decade."
    )


def _instrument(wish: Wish, outcome: Outcome) -> str:
    if wish.polarity == "refuse":
        return ""
    if outcome.plan.kind == "vocals":
        return "The request is for vocals only: there is no band."
    names = cast(tuple[str, ...], wish.value)
    if outcome.plan.sample == "drum":
        return "A drum sample has no other instruments."
    if wish.nearest_to:
        return NEAREST.format(names[0].replace("_", " "))
    return (
        ""
        if any(set(names) & set(group) for group in outcome.plan.wanted)
        else "Refused elsewhere in the caption."
    )


def _drums(wish: Wish, outcome: Outcome) -> str:
    plan, genre = outcome.plan, outcome.genre
    if wish.polarity == "refuse":
        return ""
    if not plan.drums:
        return (
            "The request is for vocals only: there is no band."
            if plan.kind == "vocals"
            else "Refused elsewhere."
        )
    if not genre.grooves and not plan.piece:
        return f"{genre.name} has no drums here."
    if wish.nearest_to:
        return NEAREST.format("drums of the kit")
    pieces = {piece for groove in genre.grooves for piece in groove.steps}
    if wish.value and not plan.sample_type and wish.value not in pieces:
        return f"No groove of {genre.name} uses it."
    if plan.sample_type and plan.sample != "drum":
        return "A sample of one instrument has no drums."
    return ""


def _voice(wish: Wish, outcome: Outcome) -> str:
    names = cast(tuple[str, ...], wish.value)
    plan = outcome.plan
    if wish.polarity == "refuse":
        return "There is no other singer." if plan.singer in names and outcome.sings else ""
    if not names:
        return "This task is sung." if outcome.sings else ""
    if not outcome.sings:
        if names == ("choir",) and plan.kind != "samples":
            return "No one sings in this piece: a choir pad plays."
        return "" if plan.kind == "song" and names == (ANY_VOICE,) else "No one sings in this piece."
    return _unsung(wish, names, outcome)


def _unsung(wish: Wish, names: tuple[str, ...], outcome: Outcome) -> str:
    """Return why a voice is not heard: none of the singers has it."""
    plan = outcome.plan
    if "rap" in names and not any(section.rap for section in plan.sections):
        return "These lyrics have no verse to rap."
    single = [name for name in names if name not in (ANY_VOICE, "rap")]
    if not plan.singers:
        is_alone = len(single) < 2 and all(name == plan.singer for name in single)
        return "" if is_alone else f"Only one singer sings: {plan.singer}."
    unheard = [name for name in single if not any(_has_voice(member, name) for member in plan.singers)]
    return f"None of the singers is {' or '.join(unheard)}." if unheard else ""


def _has_voice(member: CastMember, name: str) -> bool:
    """Whether a singer has such a voice. A deep male voice is also a male one."""
    if name == "choir" or member.role == "choir":
        return name == member.role
    return set(words_table("singers")[name]["voice"].split()) <= set(member.wish.split())


def _tempo(wish: Wish, outcome: Outcome) -> str:
    low, high = cast(tuple[float, float], wish.value)
    bpm = outcome.plan.bpm
    if low - 0.01 <= bpm <= high + 0.01:
        return ""
    if outcome.request.bpm:
        return PARAMETER.format("bpm")
    return f"A seamless loop of this length has whole beats at {bpm:g} bpm."


def _pace(wish: Wish, outcome: Outcome) -> str:
    bpm = outcome.request.bpm
    if not bpm or wish.polarity == "refuse":
        return ""
    low, high = outcome.hints.bpm_range or outcome.genre.bpm
    middle, place = (low + high) / 2, cast(float, wish.value)
    against = (place < 0.4 and bpm > middle) or (place > 0.6 and bpm < middle)
    return PARAMETER.format("bpm") if against else ""


def _key(wish: Wish, outcome: Outcome) -> str:
    name, key = str(wish.value), outcome.plan.key
    is_mode = name.casefold() in SCALES
    is_kept = name.casefold() == key.mode if is_mode else parse_key(name).key == key
    if not is_kept:
        return PARAMETER.format("keyscale") if outcome.request.keyscale else "The named key takes precedence."
    return f"The studio plays the nearest scale: {key.name}." if wish.nearest_to else ""


def _metre(wish: Wish, outcome: Outcome) -> str:
    name, plays = str(wish.value), outcome.plan.metre.name
    if name == plays:
        return ""
    if outcome.request.timesignature:
        return PARAMETER.format("timesignature")
    return f"The studio does not play {name}; the song is in {plays}." if played_metre(name) != name else ""


def _duration(wish: Wish, outcome: Outcome) -> str:
    seconds = cast(float, wish.value)
    if abs(seconds - outcome.plan.duration_s) < 0.05:
        return ""
    if outcome.request.duration_s:
        return PARAMETER.format("duration")
    return f"The maximum length for this request is {outcome.request.max_duration_s:g} s."


def _form(wish: Wish, outcome: Outcome) -> str:
    form, plan = str(wish.value), outcome.plan
    if plan.sample_type:
        return "A sample has no form."
    kinds = [section.kind for section in plan.sections]
    if wish.polarity == "refuse":
        return ""
    name, _, what = form.partition(":")
    if form in DONE_FORMS:
        return ""
    if form == "key_change":
        return "" if any(section.lift for section in plan.sections) else "A higher key needs two choruses."
    if form == "backing_vocals":
        return "" if outcome.sings and {"chorus", "hook"} & set(kinds) else "No chorus is sung."
    if name == "solo" or form == "with:solo":
        is_there = "solo" in kinds and plan.kind != "vocals"
        return "" if is_there else "The length or the task leaves no room for a solo."
    if name == "with":
        return "" if what in kinds else MARKS
    if name == "starts_with":
        return "" if kinds[:1] == [what] else MARKS if what in _sections() else CANNOT
    if name == "ends_with":
        return "" if kinds[-1:] == [what] else MARKS if what in _sections() else CANNOT
    verb, _, section = form.partition("_")
    if section not in _sections():
        return CANNOT
    if verb == "no":
        return MARKS if section in kinds else ""
    return "" if section in kinds else MARKS


def _sections() -> Mapping[str, object]:
    sections: Mapping[str, object] = table("form")["sections"]
    return sections


def _mix(wish: Wish, outcome: Outcome) -> str:
    _, _, what = str(wish.value).partition(":")
    plan = outcome.plan
    if what == "vocals" and not outcome.sings:
        return "No one sings in this piece."
    if what == "drums" and not plan.drums:
        return "There are no drums in this piece."
    return ""


def _entry(wish: Wish, outcome: Outcome) -> str:
    """Return why an entry is impossible: no one can enter in a part the song does not have."""
    entry, plan = wish.value, outcome.plan
    if not isinstance(entry, PlayerEntry) or plan.sample_type:
        return "A sample has no parts." if plan.sample_type else ""
    if plan.kind == "vocals" and entry.asks_to_play:
        return "The request is for vocals only: there is no band."
    spans = [SectionSpan(section.kind, at, at + 1.0) for at, section in enumerate(plan.sections)]
    if not windows_of(entry, spans, 1.0):
        return f"The song has no such part: {', '.join(name.replace(':', ' ') for name in entry.sections)}."
    if wish.nearest_to and entry.asks_to_play:
        return NEAREST.format(entry.players[0].replace("_", " ") if entry.players else "drums of the kit")
    return ""


CHECKS: Mapping[Aspect, Callable[[Wish, Outcome], str]] = {
    "genre": _genre, "era": _era, "instrument": _instrument, "drums": _drums, "voice": _voice,
    "tempo": _tempo, "pace": _pace, "key": _key, "metre": _metre, "duration": _duration, "form": _form,
    "mix": _mix, "entry": _entry,
}  # fmt: skip
