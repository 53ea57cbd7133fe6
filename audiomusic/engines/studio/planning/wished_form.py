"""A caption's wishes about the form: no intro, the chorus first, a solo, a higher key at the end."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from audiomusic.engines.studio.compose.form import SECTION_ENERGY, PlannedSection
from audiomusic.engines.studio.compose.genres import FormHabits
from audiomusic.engines.studio.lyrics import LyricSection
from audiomusic.engines.studio.score import SectionKind

STARTS = "starts_with:"
SOLO_PHRASES = 2
#: Sections that can be left out, and what is played instead.
LEFT_OUT: dict[str, SectionKind] = {"solo": "hook", "breakdown": "hook", "drop": "chorus", "bridge": "verse"}
EDGES = ("intro", "outro")
FADE_OUT_S = 8.0
MOST_FADE = 0.3  # of the piece
ABRUPT_RING_S = 0.35


def wished_habits(habits: FormHabits, forms: Collection[str]) -> FormHabits:
    """Return the genre's habits with the caption's wishes applied."""
    body = [entry for entry in habits.instrumental if f"no_{entry[0]}" not in forms] or list(
        habits.instrumental
    )
    first = next((kind for kind in _starts(forms) if kind in SECTION_ENERGY), None)
    if first and first not in EDGES and body[0][0] != first:
        body = [(first, dict(body).get(first, SOLO_PHRASES)), *body]
    if _solos(forms) and not any(kind == "solo" for kind, _ in body):
        body = [*body[:-1], ("solo", SOLO_PHRASES), body[-1]]
    starts_at_once = "no_intro" in forms or (first is not None and first != "intro")
    intro = 0 if starts_at_once else 2 if "long_intro" in forms else habits.intro
    outro = 0 if forms and {"no_outro", "abrupt_end", "ends_with:chorus"} & set(forms) else habits.outro
    outro = 2 if "long_outro" in forms else outro
    return replace(habits, instrumental=tuple(body), intro=intro, outro=outro)


def wished_sections(sections: Sequence[LyricSection], forms: Collection[str]) -> list[LyricSection]:
    """Return the lyrics' sections plus those that the caption adds; what the lyrics mark stays."""
    found = list(sections)
    if not found or not any(section.lines for section in found):
        return found
    for kind in _starts(forms):
        source = next((section for section in found if section.kind == kind and section.lines), None)
        if source is not None and found[0].kind not in (kind, "intro"):
            found = [source, *found]
    if _solos(forms) and not any(section.kind == "solo" for section in found):
        choruses = [at for at, section in enumerate(found) if section.kind == "chorus"]
        at = choruses[-1] if choruses and choruses[-1] else len(found)
        found = [*found[:at], LyricSection("solo", "Solo"), *found[at:]]
    return found


def unrefused_sections(sections: Sequence[LyricSection], forms: Collection[str]) -> list[LyricSection]:
    """Remove the kinds that the caption refuses, unless nothing would be left to sing."""
    kept = [section for section in sections if f"no_{section.kind}" not in forms]
    return kept if any(section.lines for section in kept) else list(sections)


def _starts(forms: Collection[str]) -> list[str]:
    return [form.removeprefix(STARTS) for form in forms if form.startswith(STARTS)]


def _solos(forms: Collection[str]) -> bool:
    return any(form.startswith("solo:") or form == "with:solo" for form in forms)


def soloists(forms: Collection[str]) -> tuple[tuple[str, ...], ...]:
    """Return groups of instruments that should play a solo; one of each group is enough."""
    return tuple(tuple(form.removeprefix("solo:").split("|")) for form in forms if form.startswith("solo:"))


def wished_form(
    sections: Sequence[PlannedSection], forms: Collection[str], marked: Collection[str], phrase: int
) -> tuple[PlannedSection, ...]:
    """Return the form without what the caption refuses, equally long. `marked`: kinds named by the lyrics."""
    found = [_renamed(section, forms, marked) for section in sections]
    for edge in EDGES:
        first = edge == "intro"
        refused = f"no_{edge}" in forms or (first and any(k not in EDGES for k in _starts(forms)))
        if (refused or (not first and "abrupt_end" in forms)) and edge not in marked:
            found = _without_edge(found, first, "no_outro" in forms or "abrupt_end" in forms, phrase)
        elif f"short_{edge}" in forms:
            found = _shortened(found, first, phrase)
    return tuple(found)


def _renamed(section: PlannedSection, forms: Collection[str], marked: Collection[str]) -> PlannedSection:
    """Replace an unsung section of a refused kind with another kind."""
    if section.lines or f"no_{section.kind}" not in forms or section.kind in marked:
        return section
    kind = LEFT_OUT.get(section.kind, section.kind)
    label = kind.capitalize() if kind != section.kind else section.label
    return replace(section, kind=kind, label="Theme" if kind == "hook" else label)


def _without_edge(
    sections: list[PlannedSection], first: bool, no_outro: bool, phrase: int
) -> list[PlannedSection]:
    """Remove intro or outro, and give its bars to an unsung section, else to a solo before the last words."""
    at = 0 if first else len(sections) - 1
    if len(sections) < 2 or sections[at].kind != ("intro" if first else "outro"):
        return sections
    bars = sections[at].bars
    rest = sections[1:] if first else sections[:-1]
    free = [
        index for index, section in enumerate(rest)
        if not section.lines and section.kind != "intro" and not (section.kind == "outro" and no_outro)
    ]  # fmt: skip
    if free:
        largest = max(free, key=lambda index: rest[index].bars)
        rest[largest] = replace(rest[largest], bars=rest[largest].bars + bars)
        return rest
    last = max((index for index, section in enumerate(rest) if section.lines), default=0)
    if last == 0:
        return (
            sections
            if not first or no_outro
            else [*rest, PlannedSection("outro", "Outro", bars, SECTION_ENERGY["outro"])]
        )
    return [*rest[:last], PlannedSection("solo", "Solo", bars, SECTION_ENERGY["solo"]), *rest[last:]]


def _shortened(sections: list[PlannedSection], first: bool, phrase: int) -> list[PlannedSection]:
    """Shorten to half a phrase at most; the rest goes to the largest unsung section."""
    at = 0 if first else len(sections) - 1
    most = max(1.0, phrase / 2)
    if sections[at].kind != ("intro" if first else "outro") or sections[at].bars <= most:
        return sections
    spare = sections[at].bars - most
    sections = [*sections[:at], replace(sections[at], bars=most), *sections[at + 1 :]]
    free = [index for index, section in enumerate(sections) if not section.lines and index != at]
    if free:
        largest = max(free, key=lambda index: sections[index].bars)
        sections[largest] = replace(sections[largest], bars=sections[largest].bars + spare)
    else:
        sections[at] = replace(sections[at], bars=most + spare)
    return sections


def fade_out_s(forms: Collection[str], duration_s: float) -> float:
    """Return the length of the final fade in seconds; 0 if no fade is requested."""
    return round(min(FADE_OUT_S, MOST_FADE * duration_s), 3) if "fade_out" in forms else 0.0
