"""Interprets instructions in plain English without a language model, as changes of a tune.

An instruction is one change, or several joined by "and", "then" or a comma. An unknown instruction is
rejected with a list of the known ones; nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from audiomusic.engines.notation.revise import pitches, rhythms, structure
from audiomusic.engines.notation.revise.intervals import semitones_in
from audiomusic.engines.notation.revise.targets import (
    NAMED,
    NotUnderstood,
    SectionBars,
    UnknownChange,
    bars_wanted,
    named_parts,
    parts_of,
)
from audiomusic.engines.notation.revise.understood import UNDERSTOOD
from audiomusic.engines.notation.spelling import chord_parts
from audiomusic.engines.notation.tune import HIGHEST_BPM, LOWEST_BPM, Swing, WrittenTune, changed_bars
from audiomusic.engines.theory import SCALES, parse_key

Bars = Collection[int] | None
BOTH = ("Vocal", "Ins")
STEPS_A_BIT = 2  # scale steps
FASTER, SLOWER = 1.1, 0.9
SWING = Swing(0.66, 0.5)
CHORD = r"[A-G][#b]?(?:m|maj|min|dim|aug|sus|add|\d|[#b+°]|\(maj7\))*(?:/[A-G][#b]?)?"


@dataclass(frozen=True)
class AskedChange:
    """One clause, with the bars that it applies to."""

    text: str
    bars: Bars
    allow_tempo_change: bool
    seed: int
    match: re.Match[str]

    @property
    def voices(self) -> tuple[str, ...]:
        if re.search(r"\b(lead|instrument(?:al)?s?|ins)\b", self.text):
            return ("Ins",)
        return ("Vocal",) if re.search(r"\b(vocals?|voice|singer|sung|singing)\b", self.text) else BOTH


@dataclass(frozen=True)
class Revised:
    """The result. `words`: (old, new) words, which are replaced where they are sung."""

    tune: WrittenTune
    note: str
    words: tuple[tuple[str, str], ...] = ()


Act = Callable[[WrittenTune, AskedChange], tuple[WrittenTune, str]]


def revised(
    tune: WrittenTune,
    instruction: str,
    *,
    section: str | None = None,
    bars: tuple[int, int] | None = None,
    allow_tempo_change: bool = False,
    seed: int = 0,
) -> Revised:
    """Apply an instruction. Raises NotUnderstood and TargetMissing."""
    notes, words, made = [], [], tune
    for clause in clauses(instruction):
        if match := _WORDS.search(clause):
            words.append((match["old"], match["new"]))
            notes.append(f'The words "{match["old"]}" are "{match["new"]}" now.')
            continue
        clause, kind, found = _kind_of(clause, section)
        text = clause.casefold()
        if kind.is_of_form and (section or bars):
            _check_form(made, text, section, bars)
        wanted = None if kind.is_of_form else bars_wanted(made, section, bars, text)
        asked = AskedChange(text, wanted, allow_tempo_change, seed, found)
        after, note = kind.act(made, asked)
        if wanted is not None:
            _check_outside(made, after, wanted)
        made = after
        notes.append(note + (_where(made, wanted) if wanted is not None else "."))
    if not words and made == tune:
        raise NotUnderstood("This changes nothing here: " + " ".join(notes))
    return Revised(replace(made, has_words=bool(made.words)), " ".join(notes), tuple(words))


def clauses(instruction: str) -> list[str]:
    """Split an instruction into changes, only if each part is a valid change by itself."""
    text = " ".join(instruction.split()).rstrip(".!")
    parts = [part.strip() for part in re.split(r"\s*(?:;|,? and then |,? then |, and |, | and )\s*", text)]
    if len(parts) > 1 and all(part and (_WORDS.search(part) or _find(part)) for part in parts):
        return parts
    return [text]


@dataclass(frozen=True)
class ChangeKind:
    pattern: re.Pattern[str]
    act: Act
    is_of_form: bool = False  # its clause names the sections


def _find(clause: str) -> tuple[ChangeKind, re.Match[str]] | None:
    for kind in KINDS:
        if match := kind.pattern.search(clause):
            return kind, match
    return None


def _kind_of(clause: str, section: str | None) -> tuple[str, ChangeKind, re.Match[str]]:
    """Find the change that a clause requests. "Repeat it" applies to the section named separately."""
    for text in (clause, f"{clause} {section}") if section else (clause,):
        if found := _find(text):
            break
    else:
        raise UnknownChange(f"Expected one of these changes: {'; '.join(UNDERSTOOD)}. Got {clause[:80]!r}.")
    return text, *found


def _check_form(tune: WrittenTune, text: str, section: str | None, bars: tuple[int, int] | None) -> None:
    """Check that the section to be moved or repeated is the one that was named."""
    wanted = bars_wanted(tune, section, bars, "")
    for name in _names(text)[:1]:
        parts = named_parts(tune, name)
        if any(bar not in (wanted or ()) for part in parts for bar in range(part.first, part.last)):
            raise NotUnderstood(f"Expected a change of the named section, got one of {parts[0].label}.")


def _check_outside(before: WrittenTune, after: WrittenTune, bars: Collection[int]) -> None:
    """Reject any change outside the bars, whatever the action did."""
    for ranges in changed_bars(before, after).values():
        for first, last in ranges:
            outside = [bar for bar in range(first - 1, last) if bar not in bars]
            if outside:
                raise NotUnderstood(
                    f"This would also change bar {outside[0] + 1}, which is outside the request."
                )


def _where(tune: WrittenTune, bars: Collection[int]) -> str:
    labels = list(dict.fromkeys(tune.label_at(bar) for bar in bars))
    if 0 < len(labels) <= 4 and all(labels):
        return f" in {', '.join(labels)}."
    return f" in bars {min(bars) + 1} to {max(bars) + 1}."


def _height(tune: WrittenTune, asked: AskedChange) -> tuple[WrittenTune, str]:
    text = asked.text
    sign = -1 if re.search(r"\b(lower|down|deeper)\b", text) else 1
    word = "higher" if sign > 0 else "lower"
    number = re.search(
        r"\b(?:by )?(\d{1,2}) ?(semitones?|half[- ]?steps?|whole steps?|steps?|octaves?)", text
    )
    if number and not 1 <= int(number[1]) <= 36:
        raise NotUnderstood(f"Expected 1 to 36 steps, got {number[1]}.")
    if number or "octave" in text:
        count, unit = (int(number[1]), number[2]) if number else (1, "octave")
        size = 12 if unit.startswith("octave") else 2 if unit.startswith("whole") else 1
        if unit.startswith("step"):
            return pitches.moved_steps(
                tune, asked.bars, asked.voices, sign * count
            ), f"The tune is {count} steps {word}"
        moved = pitches.moved_semitones(tune, asked.bars, asked.voices, sign * count * size)
        return moved, f"The tune is {count * size} semitones {word}"
    moved = pitches.moved_steps(tune, asked.bars, asked.voices, sign * STEPS_A_BIT)
    return moved, f"The tune is {STEPS_A_BIT} steps of the scale {word}"


def _transpose(tune: WrittenTune, asked: AskedChange) -> tuple[WrittenTune, str]:
    steps = semitones_in(asked.text)
    if steps is not None:
        return pitches.transposed(tune, asked.bars, steps), f"Everything is transposed by {steps} semitones"
    spelled = re.search(
        r"(?:to|into|in)\s+(?:the )?(?:key of )?([a-g])\s*(#|b|sharp|flat)?\s*(minor|major|m\b)?", asked.text
    )
    if spelled is None:
        raise NotUnderstood("Expected a key, such as transpose to G minor, or how far, such as up a tone.")
    name = spelled[1].upper() + {"sharp": "#", "flat": "b"}.get(spelled[2] or "", spelled[2] or "")
    mode = {"m": "minor"}.get(spelled[3] or "", spelled[3] or tune.key.tonality)
    key = parse_key(f"{name} {mode}").key
    made = pitches.transposed(tune, asked.bars, pitches.nearest_steps(tune.key.tonic, key.tonic))
    if key.mode != tune.key.tonality:
        made = pitches.in_mode(made, asked.bars, key.mode)
    return made, f"Everything is in {key.name}"


def _mode(tune: WrittenTune, asked: AskedChange) -> tuple[WrittenTune, str]:
    mode = "minor" if "minor" in asked.text else "major"
    return pitches.in_mode(tune, asked.bars, mode), f"Everything is {mode}"


def _tempo(tune: WrittenTune, asked: AskedChange) -> tuple[WrittenTune, str]:
    if not asked.allow_tempo_change:
        raise NotUnderstood("Expected allow_tempo_change with a change of tempo.")
    number = re.search(r"(\d{2,3})\s*bpm|tempo (?:to|of) (\d{2,3})", asked.text)
    if number:
        bpm = int(number[1] or number[2])
    elif re.search(r"\b(half|slow|slower)\b", asked.text):
        bpm = round(tune.quarter_bpm * (0.5 if "half" in asked.text else SLOWER))
    else:
        bpm = round(tune.quarter_bpm * (2 if "double" in asked.text else FASTER))
    if not LOWEST_BPM <= bpm <= HIGHEST_BPM:
        raise NotUnderstood(f"Expected a tempo from {LOWEST_BPM} to {HIGHEST_BPM}, got {bpm}.")
    return replace(tune, quarter_bpm=bpm), f"The tempo is {bpm} quarters a minute, all through"


def _busier(tune: WrittenTune, asked: AskedChange) -> tuple[WrittenTune, str]:
    return rhythms.busier(tune, asked.bars), "The instrument plays more notes"


def _simpler(tune: WrittenTune, asked: AskedChange) -> tuple[WrittenTune, str]:
    return rhythms.simpler(tune, asked.bars), "The melody is simpler"


def _shorter(tune: WrittenTune, asked: AskedChange) -> tuple[WrittenTune, str]:
    return rhythms.shorter(tune, asked.bars, asked.voices), "The notes are half as long"


def _longer(tune: WrittenTune, asked: AskedChange) -> tuple[WrittenTune, str]:
    return rhythms.longer(tune, asked.bars, asked.voices), "The notes are held"


def _syncopate(tune: WrittenTune, asked: AskedChange) -> tuple[WrittenTune, str]:
    return rhythms.early(tune, asked.bars, asked.voices), "Notes come before their beats"


def _rest(tune: WrittenTune, asked: AskedChange) -> tuple[WrittenTune, str]:
    return rhythms.rested(tune, asked.bars, asked.voices), f"{' and '.join(asked.voices)} rest"


def _change_chord(tune: WrittenTune, asked: AskedChange) -> tuple[WrittenTune, str]:
    old, new = asked.match["old"], asked.match["new"]
    for name in (old, new):
        try:
            chord_parts(name)
        except ValueError as error:
            raise NotUnderstood(str(error)) from None
    made = pitches.with_chords(tune, asked.bars, lambda name: new if name == old else name)
    if made == pitches.with_chords(tune, asked.bars, lambda name: name):
        raise NotUnderstood(f"Expected a chord that is played there, got {old}.")
    return made, f"{old} is {new} now"


def _plain_chords(tune: WrittenTune, asked: AskedChange) -> tuple[WrittenTune, str]:
    def plain(name: str) -> str:
        root, tones, _ = chord_parts(name)
        is_triad = tones[:3] in ((0, 3, 7), (0, 4, 7), (0, 3, 6), (0, 4, 8))
        return pitches.chord_name(root, tones[:3] if is_triad else (0, 4, 7), root)

    return pitches.with_chords(tune, asked.bars, plain), "The chords are triads"


def _sevenths(tune: WrittenTune, asked: AskedChange) -> tuple[WrittenTune, str]:
    scale = {(tune.key.tonic + step) % 12 for step in SCALES[tune.key.mode]}

    def seventh(name: str) -> str:
        root, tones, bass = chord_parts(name)
        if len(tones) != 3 or tones[1] not in (3, 4):
            return name
        step = next((each for each in (10, 11) if (root + each) % 12 in scale), 10)
        return pitches.chord_name(root, (*tones, step), bass)

    return pitches.with_chords(tune, asked.bars, seventh), "The chords have sevenths"


def _end_on_tonic(tune: WrittenTune, asked: AskedChange) -> tuple[WrittenTune, str]:
    return rhythms.ended_on_tonic(tune), "The tune ends on the tonic"


def _hold_last(tune: WrittenTune, asked: AskedChange) -> tuple[WrittenTune, str]:
    return rhythms.last_held(tune), "The last note is held"


def _rewrite(tune: WrittenTune, asked: AskedChange) -> tuple[WrittenTune, str]:
    return pitches.rewritten(tune, asked.bars, asked.voices, asked.seed), "The melody is another"


def _feel(tune: WrittenTune, asked: AskedChange) -> tuple[WrittenTune, str]:
    if re.search(r"\b(straight|no swing|unswung)\b", asked.text):
        return replace(tune, swing=None), "The rhythm is straight"
    return replace(tune, swing=SWING), "The rhythm swings"


def _repeat(tune: WrittenTune, asked: AskedChange) -> tuple[WrittenTune, str]:
    parts = _named(tune, asked)
    times = 3 if re.search(r"\b(three times|twice more)\b", asked.text) else 2
    label = _labels(parts)
    return structure.repeated(tune, parts[-1:] if len(parts) > 1 else parts, times), f"{label} is repeated"


def _double(tune: WrittenTune, asked: AskedChange) -> tuple[WrittenTune, str]:
    parts = _named(tune, asked)
    return structure.repeated(tune, parts), f"{_labels(parts)} is twice as long"


def _remove(tune: WrittenTune, asked: AskedChange) -> tuple[WrittenTune, str]:
    parts = _named(tune, asked)
    if len(parts) == len(parts_of(tune)):
        raise NotUnderstood("Expected a section that leaves others, got the whole song.")
    return structure.removed(tune, parts), f"{_labels(parts)} is left out"


def _swap(tune: WrittenTune, asked: AskedChange) -> tuple[WrittenTune, str]:
    names = _names(asked.text)
    if len(names) != 2:
        raise NotUnderstood("Expected two sections to be swapped, such as verse 1 and chorus 1.")
    one, other = (named_parts(tune, name)[0] for name in names)
    return structure.swapped(tune, one, other), f"{one.label} and {other.label} are swapped"


def _move(tune: WrittenTune, asked: AskedChange) -> tuple[WrittenTune, str]:
    names = _names(asked.text)
    if not names:
        raise NotUnderstood("Expected the name of a section, such as chorus 1.")
    part = named_parts(tune, names[0])[0]
    keeps = re.search(r"\b(copy|add|insert|another)\b", asked.text) is not None
    anchor = named_parts(tune, names[1])[-1] if len(names) > 1 else None
    is_before = re.search(r"\bbefore\b", asked.text) is not None
    if anchor is None and re.search(r"\b(start|beginning|front)\b", asked.text):
        anchor, is_before = parts_of(tune)[0], True
    made = structure.placed(
        tune, part, before=anchor if is_before else None, after=None if is_before else anchor, keeps=keeps
    )
    where = f"{'before' if is_before else 'after'} {anchor.label}" if anchor else "at the end"
    return made, f"{part.label} stands {'also ' if keeps else ''}{where}"


def _named(tune: WrittenTune, asked: AskedChange) -> list[SectionBars]:
    names = _names(asked.text)
    if not names:
        raise NotUnderstood("Expected the name of a section, such as chorus 1.")
    return [part for name in names for part in named_parts(tune, name)]


def _names(text: str) -> list[str]:
    return [
        match["name"] + (f" {match['number']}" if match["number"] else "") for match in NAMED.finditer(text)
    ]


def _labels(parts: list[SectionBars]) -> str:
    return ", ".join(dict.fromkeys(part.label for part in parts))


def _kind(pattern: str, act: Act, *, is_of_form: bool = False, cases: bool = False) -> ChangeKind:
    return ChangeKind(re.compile(pattern, 0 if cases else re.IGNORECASE), act, is_of_form)


_QUOTED = r"[\"“'‘](?P<{0}>[^\"”“]{{1,200}})[\"”'’]"
_WORDS = re.compile(
    rf"\b(?:change|replace|sing)\b.{{0,30}}?{_QUOTED.format('old')}"
    rf"\s+(?:to|with|by|into|as)\s+{_QUOTED.format('new')}",
    re.IGNORECASE,
)
_NAME = NAMED.pattern.replace("?P<name>", "?:").replace("?P<number>", "?:")
_SECTION = rf"(?=.*{_NAME})"
_CHORDS = (
    rf"\b(?:[Cc]hange|[Rr]eplace|[Ss]ubstitute)\b.*?\b(?P<old>{CHORD})\s+(?:to|with|by|into)"
    rf"\s+(?P<new>{CHORD})(?=\s|$|,)"
)

#: The first match wins.
KINDS = (
    _kind(_CHORDS, _change_chord, cases=True),
    _kind(rf"\b(double|twice) (?:the )?(?:length|as long)\b{_SECTION}", _double, is_of_form=True),
    _kind(rf"\b(swap|exchange)\b{_SECTION}", _swap, is_of_form=True),
    _kind(rf"\b(move|copy|add|insert)\b{_SECTION}", _move, is_of_form=True),
    _kind(rf"\b(repeat|play|sing)\b{_SECTION}", _repeat, is_of_form=True),
    _kind(rf"^\W*(please )?(remove|delete|drop|cut|leave out|skip)\b(?: the)? (?:{_NAME})\W*$", _remove,
          is_of_form=True),
    _kind(r"\btranspos|\bkey of\b|\b(?:in|to) the key\b|\bchange the key\b", _transpose),
    _kind(r"\b(faster|slower|bpm|tempo|speed up|slow down|half[- ]time|double[- ]time)\b", _tempo),
    _kind(r"\b(minor|major)\b", _mode),
    _kind(r"\bsevenths?\b|\b7ths?\b", _sevenths),
    _kind(r"\b(simpl\w*|plain|basic|triads?)\b.*\b(chords?|harmony)\b|\btriads\b", _plain_chords),
    _kind(r"\bend\w*\b.*\b(tonic|home|root|key ?note)\b", _end_on_tonic),
    _kind(r"\bhold\b.*\blast\b|\b(last|final) note\b.*\b(hold|longer|held)\b", _hold_last),
    _kind(r"\b(rewrite|new melody|new tune|another melody|different melody|change the melody)\b", _rewrite),
    _kind(r"\b(swing|shuffle|swung|straight|unswung)\b", _feel),
    _kind(r"\bsyncopat\w*|\boff[- ]?beat\b", _syncopate),
    _kind(r"\b(staccato|shorter notes|short notes|choppier|detached)\b", _shorter),
    _kind(r"\b(legato|longer notes|long notes|smoother|sustained)\b", _longer),
    _kind(r"\b(busier|busy|more notes|denser|livelier)\b", _busier),
    _kind(r"\b(simpler|simplify|fewer notes|sparser|calmer|less busy)\b", _simpler),
    _kind(r"\b(rest|silence|mute|leave out|no lead|no melody)\b", _rest),
    _kind(r"\bremove the (?:lead|instrument|melody|voice|vocals?)\b", _rest),
    _kind(r"\b(higher|lower|raise|up|down|deeper)\b", _height),
)  # fmt: skip
