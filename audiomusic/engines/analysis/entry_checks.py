"""Checks whether players play and rest in the requested parts of the song, bar by bar."""

from __future__ import annotations

from collections.abc import Sequence

from audiomusic.engines.analysis.findings import Finding
from audiomusic.engines.analysis.score_facts import (
    EPS,
    HIT_BEAT,
    HIT_PIECE,
    NOTE_BEAT,
    ScoreFacts,
    spoken,
    spoken_count,
    spoken_list,
)
from audiomusic.engines.captions.entries import PlayerEntry, SectionSpan, Window, outside, windows_of
from audiomusic.engines.captions.wishes import Wish

RULES = {"silent": "no {} {}", "only": "{} only {}", "alone": "{} alone {}", "plays": "{} {}"}
ORDINALS = {"1": "first", "2": "second", "3": "third", "4": "fourth", "last": "last"}
EDGES = {"start": "the start", "end": "the end"}


def check_entry(score: ScoreFacts, wish: Wish, wishes: Sequence[Wish]) -> Finding | None:
    entry = wish.value
    if not isinstance(entry, PlayerEntry) or not score.outline["sections"]:
        return None
    spans = _spans(score)
    windows = windows_of(entry, spans, score.bar_quarters)
    asked = _asked(entry)
    if not windows:
        return Finding(asked, f"no {_place(entry.sections[0]).removeprefix('the ')}", False)
    inside = _within(_onsets(score, entry), windows)
    if entry.rule == "silent":
        return Finding(asked, _found(score, entry, inside), not inside)
    is_played = bool(inside) if entry.reach != "in" else all(_within(inside, [one]) for one in windows)
    if entry.rule == "only":
        strayed = _within(_onsets(score, entry, is_family=True), outside(windows, spans))
        found = _found(score, entry, inside) + (f"; elsewhere in {score.bars(strayed)}" if strayed else "")
        return Finding(asked, found, is_played and not strayed)
    if entry.rule == "alone":
        others = _others(score, entry, wishes, windows)
        found = _found(score, entry, inside) + (f"; also {spoken_list(others)}" if others else "")
        return Finding(asked, found, is_played and not others)
    return Finding(asked, _found(score, entry, inside), is_played)


def _spans(score: ScoreFacts) -> list[SectionSpan]:
    sections = score.outline["sections"]
    return [SectionSpan(part["kind"], part["beat"], part["beat"] + part["beats"]) for part in sections]


def _onsets(score: ScoreFacts, entry: PlayerEntry, *, is_family: bool = False) -> list[float]:
    """Return the onsets of an entry's players; for a rest, of the whole family."""
    if entry.drums:
        return [hit[HIT_BEAT] for hit in score.hits if entry.piece in ("", hit[HIT_PIECE])]
    names = entry.silenced if is_family or entry.rule == "silent" else entry.players
    return [note[NOTE_BEAT] for name in names for note in score.parts.get(name, ())]


def _within(onsets: Sequence[float], windows: Sequence[Window]) -> list[float]:
    return [onset for onset in onsets if any(start - EPS <= onset < end - EPS for start, end in windows)]


def _others(
    score: ScoreFacts, entry: PlayerEntry, wishes: Sequence[Wish], windows: Sequence[Window]
) -> list[str]:
    """Name those who play beside the players that should be alone there."""
    together = [
        wish.value
        for wish in wishes
        if isinstance(wish.value, PlayerEntry)
        and wish.value.rule == "alone"
        and (wish.value.sections, wish.value.reach) == (entry.sections, entry.reach)
    ]
    named = {name for one in together for name in one.silenced}
    heard = [
        spoken(name)
        for name, notes in score.parts.items()
        if name not in named and _within([note[NOTE_BEAT] for note in notes], windows)
    ]
    is_drummed = not any(one.drums for one in together) and _within(
        [hit[HIT_BEAT] for hit in score.hits], windows
    )
    return [*heard, "drums"] if is_drummed else heard


def _found(score: ScoreFacts, entry: PlayerEntry, onsets: Sequence[float]) -> str:
    if not onsets:
        return "none there"
    return f"{spoken_count(len(onsets), 'hit' if entry.drums else 'note')} in {score.bars(onsets)}"


def _asked(entry: PlayerEntry) -> str:
    who = spoken(entry.piece) if entry.piece else "drums" if entry.drums else _players(entry)
    where = f"{entry.reach} {spoken_list([*map(_place, entry.sections)])}"
    where += " on" if entry.reach == "from" else ""
    return RULES[entry.rule].format(who, where)


def _players(entry: PlayerEntry) -> str:
    return spoken_list([*map(spoken, entry.silenced if entry.rule == "silent" else entry.players)], "or")


def _place(name: str) -> str:
    kind, _, number = name.partition(":")
    return EDGES.get(kind) or " ".join(filter(None, ["the", ORDINALS.get(number, number), spoken(kind)]))
