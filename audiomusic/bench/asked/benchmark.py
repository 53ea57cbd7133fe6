"""`bench asked`: the shares of requested facts that are done, reported as missed, or neither. Nothing is
rendered.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from audiomusic.bench.asked.entries import Entry, read_entries
from audiomusic.bench.asked.facts import STRICT, AskedFact, ComposedSong, plain
from audiomusic.bench.asked.hostile import HOSTILE_CAPTIONS, HOSTILE_LYRICS
from audiomusic.bench.report import Report
from audiomusic.engines.analysis.conformance import judge_wishes
from audiomusic.engines.lyrics.chords import is_chord, is_chord_line
from audiomusic.engines.lyrics.headings import names_of
from audiomusic.engines.lyrics.lines import clean_line
from audiomusic.engines.lyrics.pasted import read_pasted
from audiomusic.engines.lyrics.words import fold
from audiomusic.engines.registry import find_engine
from audiomusic.engines.studio.caption import read_caption
from audiomusic.engines.studio.lyrics import parse_lyrics
from audiomusic.engines.studio.plan import make_plan
from audiomusic.engines.studio.score_json import score_outline
from audiomusic.engines.studio.takes import compose_take
from jobs.specs.build import build_song_request
from jobs.specs.params import GenerationParams

FIRST_SEED = 9001
SEEDS = 3  # per entry
CAPTION_S = 40.0  # for a caption that says nothing about form or length
READINGS = 3  # the fastest counts; slower ones are noise of the machine
Outcome = Literal["done", "told", "neither"]


@dataclass(frozen=True)
class Judged:
    """One fact of an entry, and its outcome."""

    entry: Entry
    fact: AskedFact
    outcome: Outcome


def run() -> Report:
    """Compose every entry and check it against its facts; then time the parsing of the worst texts."""
    report = make_report([(entry, make_songs(entry, place)) for place, entry in enumerate(read_entries())])
    report.add("caption_2048_chars_ms", worst_ms(read_caption, HOSTILE_CAPTIONS), at_most=50)
    report.add("lyrics_10000_chars_ms", worst_ms(_read_lyrics, HOSTILE_LYRICS), at_most=50)
    return report


def make_songs(entry: Entry, place: int) -> list[ComposedSong]:
    """Return the entry's songs for a few seeds: a fact that one of them fulfils by chance is not done."""
    first = FIRST_SEED + place * SEEDS
    return [make_entry(entry, seed) for seed in range(first, first + SEEDS)]


def make_entry(entry: Entry, seed: int) -> ComposedSong:
    """Return what the server would compose for the entry."""
    request = build_song_request(_task(entry), _params(entry, seed), find_engine("studio"))
    plan = make_plan(request, seed)
    outline = score_outline(compose_take(plan, seed))
    missed = [each.wish.words for each in judge_wishes(outline, plan.wishes) if not each.ok]
    notes = [f"{name} {reason}" for name, reason in plan.not_applied.items()]
    return ComposedSong(outline, plan.title, plan.lyrics, (*notes, *plan.not_understood, *missed))


def _task(entry: Entry) -> str:
    if entry.kind == "sentence":
        return "simple"
    return "text2samples" if any(fact.kind == "sample" for fact in entry.facts) else "text2music"


def _params(entry: Entry, seed: int) -> GenerationParams:
    if entry.kind == "sentence":
        return {"query": entry.text, "seed": seed}
    if entry.kind == "lyrics":
        return {"caption": entry.caption, "lyrics": entry.text, "seed": seed}
    params: GenerationParams = {"caption": entry.text, "seed": seed, "instrumental": not entry.sings}
    if not any(fact.needs_room or fact.kind == "sample" for fact in entry.facts):
        params["duration_s"] = CAPTION_S
    return params


def make_report(made: Sequence[tuple[Entry, Sequence[ComposedSong]]]) -> Report:
    """Report the shares of facts done and reported, in total and by kind, and of sentences' words sung."""
    judged = [Judged(entry, fact, outcome(fact, songs)) for entry, songs in made for fact in entry.facts]
    report = Report()
    for kind, count in Counter(entry.kind for entry, _ in made).items():
        report.add(f"{kind}_entries", count)
    report.add("facts", len(judged))
    report.add("done_or_told_pct", _percent(judged, "done", "told"), at_least=95)
    report.add("done_pct", _percent(judged, "done"), at_least=90)
    strict = [each for each in judged if each.fact.kind in STRICT]
    report.add("refusals_and_exclusives_done_pct", _percent(strict, "done"), at_least=100)
    reached = [reaches(word, song) for entry, songs in made for word in entry.words for song in songs]
    report.add("content_words_pct", 100 * sum(reached) / len(reached) if reached else 100.0, at_least=85)
    _add_shares(report, "kind", judged, lambda each: each.fact.kind)
    _add_shares(report, "language", judged, lambda each: each.entry.language)
    _add_shares(report, "entry", judged, lambda each: each.entry.kind)
    report.details = dict(_misses(judged)) | _missing_words(made)
    return report


def outcome(fact: AskedFact, songs: Sequence[ComposedSong]) -> Outcome:
    """Return the outcome of a fact across all of the songs."""
    missed = [song for song in songs if not fact.proof(song)]
    if not missed:
        return "done"
    return "told" if all(is_said(fact.phrase, song.notes) for song in missed) else "neither"


def is_said(phrase: str, notes: Iterable[str]) -> bool:
    """Return whether a note mentions these words: it shares a number, or a word of four or more letters."""
    asked = {word for word in plain(phrase).split() if _is_telling(word)}
    for note in map(plain, notes):
        words = {word for word in note.split() if _is_telling(word)}
        if asked & words or (
            not phrase.isascii() and any(word in note or note in word for word in asked if note)
        ):
            return True
    return False


def _is_telling(word: str) -> bool:
    return len(word) > 3 or word.isdigit() or not word.isascii()


def reaches(word: str, song: ComposedSong) -> bool:
    """Return whether the title or the lyrics contain the word in one of its forms."""
    text = f" {plain(song.title)} {plain(song.lyrics)} "
    return any(
        f" {form} " in text or (not form.isascii() and form in text) for form in map(plain, word.split("|"))
    )


def _percent(judged: Sequence[Judged], *outcomes: Outcome) -> float:
    return 100 * sum(each.outcome in outcomes for each in judged) / len(judged) if judged else 100.0


def _add_shares(report: Report, name: str, judged: Sequence[Judged], group: Callable[[Judged], str]) -> None:
    groups: dict[str, list[Judged]] = defaultdict(list)
    for each in judged:
        groups[group(each)].append(each)
    for key, found in groups.items():
        report.add(f"{name}_{key}_done_pct", _percent(found, "done"))
        report.add(f"{name}_{key}_done_or_told_pct", _percent(found, "done", "told"))


def _misses(judged: Sequence[Judged]) -> dict[str, list[str]]:
    """Return kind -> facts not done, each with its outcome."""
    found: dict[str, list[str]] = defaultdict(list)
    for each in judged:
        if each.outcome != "done":
            text = " / ".join(each.entry.text.split("\n"))[:90]
            found[each.fact.kind].append(f"[{each.entry.language}] {text}: {each.fact.text} ({each.outcome})")
    return found


def _missing_words(made: Sequence[tuple[Entry, Sequence[ComposedSong]]]) -> dict[str, list[str]]:
    rows = [
        f"[{entry.language}] {entry.text}: {', '.join(missing)}"
        for entry, songs in made
        if (missing := [word for word in entry.words if not all(reaches(word, song) for song in songs)])
    ]
    return {"content words": rows} if rows else {}


def worst_ms(read: Callable[[str], Any], texts: Iterable[str]) -> float:
    """Return the CPU time in ms for parsing the slowest text, once the tables are loaded."""
    read("warm")
    return max(min(_time_ms(read, text) for _ in range(READINGS)) for text in texts)


def _time_ms(read: Callable[[str], Any], text: str) -> float:
    start = time.thread_time()
    read(text)
    return 1000 * (time.thread_time() - start)


def _read_lyrics(text: str) -> None:
    """Parse like a worker that has not seen these lines: with empty caches."""
    for remembered in (read_pasted, clean_line, fold, is_chord, is_chord_line, names_of):
        remembered.cache_clear()
    parse_lyrics(text)
