"""What `manage.py bench tools` measures of reworks: what stays, how a seam sounds, and how long it takes."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

import numpy as np

from audiomusic.bench.report import Report
from audiomusic.engines.base import EngineError, ReworkRequest, TakeResult

START, END = 0.25, 0.75  # shares of a song: the stretch that is made again
DIALS = (0.1, 0.2, 0.4, 0.5, 0.65, 0.75, 1.0)
DIAL_SEEDS = 3
RATE = 48_000
SEAM_PERCENTILE = 99.9
MOST_REPAINT_S, MOST_EDIT_S, MOST_ANALYSIS_MS = 4.0, 6.0, 200.0


def rework_figures(takes: Sequence[TakeResult]) -> Report:
    """Of songs of all genres, each repainted once, and worked on as scores."""
    report = Report()
    kept, seams = 0, 0
    for take in takes:
        master = _stored(take.samples)
        start_s, end_s = (round(share * take.duration_s, 2) for share in (START, END))
        made = _stored(rework(take, _window(start_s, end_s), master=master).samples)
        first, last = round(start_s * RATE), round(end_s * RATE)
        outside = np.array_equal(made[:, :first], master[:, :first])
        kept += outside and np.array_equal(made[:, last:], master[:, last:])
        seams += seam_is_calm(made, master, first) and seam_is_calm(made, master, last)
    report.add("repaints whose samples outside are equal", kept, at_least=len(takes))
    report.add("repaints whose seams are no louder than the song's own steps", seams, at_least=len(takes))
    sung = [take for take in takes if (take.score or {})["vocals"]]
    report.add("covers at 1.0 with every sung note", sum(map(cover_keeps, sung)), at_least=len(sung))
    report.add("edits that keep notes where syllables agree", sum(map(words_keep, sung)), at_least=len(sung))
    rising = sum(dial_rises(take, seed) for take in takes for seed in range(DIAL_SEEDS))
    report.add("retakes whose changed notes never fall", rising, at_least=DIAL_SEEDS * len(takes))
    return report


def rework_times(take: TakeResult) -> Report:
    """Of one long sung song."""
    report, master = Report(), _stored(take.samples)
    length_s = take.duration_s
    middle = length_s / 2
    repaint = _timed(lambda: rework(take, _window(middle, min(length_s, middle + 8.0)), master=master))
    report.add(f"repaint of 8 s in {length_s:g} s, s", repaint, at_most=MOST_REPAINT_S)
    words = _first_section_turned(_kept(take).score)
    operation = {"name": "edit", "type": "only_lyrics", "caption": None, "lyrics": words}
    edit = _timed(lambda: rework(take, operation, master=master))
    report.add(f"edit of one verse in {length_s:g} s, s", edit, at_most=MOST_EDIT_S)
    return report


def seam_is_calm(made: Any, master: Any, at: int) -> bool:
    """Whether the bend at a seam is none that the song does not have round it."""
    around = slice(max(0, at - RATE), at + RATE)
    own = np.percentile(np.abs(np.diff(master[:, around], n=2)), SEAM_PERCENTILE)
    there = np.abs(np.diff(made[:, max(0, at - 2) : at + 3], n=2))
    return bool(there.max() <= own)


def cover_keeps(take: TakeResult) -> bool:
    song = _kept(take)
    made = _edits("cover").covered(song, {"caption": "jazz trio", "strength": 1.0}, 5).score
    return bool(_notes(made) == _notes(song.score))


def words_keep(take: TakeResult) -> bool:
    """The first lead line's words in another order have as many syllables, and should keep its notes."""
    song = _kept(take)
    line = next(line for line in song.score.vocals if line.role == "lead")
    turned = " ".join(reversed(line.text.split()))
    syllables = import_module("audiomusic.engines.studio.voice").syllabify([line.text, turned], line.language)
    lyrics = _edits("reworked").lyrics_of(song.score).replace(line.text, turned)
    try:
        made = _edits("new_words").with_words(song.score, song.plan, lyrics).score
    except EngineError:  # the song's own words are said not to fit it: counted as not kept
        return False
    pairs = list(zip(song.score.vocals, made.vocals, strict=True))
    if len(syllables[0]) != len(syllables[1]):
        pairs = [(old, new) for old, new in pairs if old.text == new.text]
    return all((o.onsets, o.lengths, o.pitches) == (n.onsets, n.lengths, n.pitches) for o, n in pairs)


def dial_rises(take: TakeResult, seed: int) -> bool:
    song, shares = _kept(take), []
    for variance in DIALS:
        made = _edits("retake").retaken(song, variance, seed)
        shares.append(_edits("reworked").changed_share(song.score, made.score))
    return shares == sorted(shares)


def rework(take: TakeResult, operation: Mapping[str, Any], master: Any = None) -> TakeResult:
    made: list[TakeResult] = []
    _engine().rework(
        ReworkRequest(operation, _packed(take), (11,), master, calculate_quality=False),
        on_progress=lambda stage, share: None,
        is_cancelled=lambda: False,
        on_take=made.append,
    )
    return made[0]


def _window(start_s: float, end_s: float) -> dict[str, Any]:
    return {
        "name": "repaint", "start_s": start_s, "end_s": end_s, "caption": "a little calmer", "lyrics": None,
        "fade_ms": 20,
    }  # fmt: skip


def _first_section_turned(score: Any) -> str:
    """The words of the song's first sung section, in the other order within each line; the others stay."""
    first = next(line for line in score.vocals if line.role == "lead").section
    text = str(_edits("reworked").lyrics_of(score))
    turned = {line.text for line in score.vocals if line.role == "lead" and line.section == first}
    blocks = re.split(r"(?m)^(?=\[)", text)
    block = next(block for block in blocks if turned & set(block.splitlines()))
    rows = (" ".join(reversed(row.split())) if row in turned else row for row in block.splitlines())
    return "\n".join(rows)


def _notes(score: Any) -> list[Any]:
    return [(line.onsets, line.lengths, line.pitches) for line in score.vocals]


def _timed(act: Callable[[], object]) -> float:
    started_at = time.perf_counter()
    act()
    return time.perf_counter() - started_at


def _packed(take: TakeResult) -> bytes:
    packed: bytes = _engine().pack_source(take.score or {}, take.curves, take.source)
    return packed


def _kept(take: TakeResult) -> Any:
    return import_module("audiomusic.engines.studio.rework.kept_song").unpack_song(_packed(take))


def _edits(module: str) -> Any:
    return import_module(f"audiomusic.engines.studio.rework.edits.{module}")


def _stored(samples: Any) -> Any:
    return import_module("audiomusic.engines.studio.rework.operations").as_stored(samples)


def _engine() -> Any:
    return import_module("audiomusic.engines.studio.engine").StudioEngine()
