"""Checks each wish against the finished score: what was requested, what was found, and whether it matches.

The checks know nothing of the plan and only read a score's JSON file (docs/score.md), so a fault in planning
or composing cannot hide itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from audiomusic.engines.analysis.band_checks import check_drums, check_instrument, check_sample, check_voice
from audiomusic.engines.analysis.entry_checks import check_entry
from audiomusic.engines.analysis.findings import Check
from audiomusic.engines.analysis.form_checks import (
    check_duration,
    check_form,
    check_genre,
    check_key,
    check_metre,
    check_tempo,
)
from audiomusic.engines.analysis.lyric_checks import check_lyrics
from audiomusic.engines.analysis.score_facts import Outline, ScoreFacts
from audiomusic.engines.base import Conformance
from audiomusic.engines.captions.entries import PlayerEntry
from audiomusic.engines.captions.wishes import Aspect, Wish

#: The aspects that a score can prove. Moods, eras and wishes for the mix are not in the score, so they are
#: not judged.
CHECKS: dict[Aspect, Check] = {
    "instrument": check_instrument,
    "drums": check_drums,
    "voice": check_voice,
    "sample": check_sample,
    "tempo": check_tempo,
    "key": check_key,
    "metre": check_metre,
    "duration": check_duration,
    "form": check_form,
    "entry": check_entry,
    "lyrics": check_lyrics,
    "genre": check_genre,
}
#: The aspects that composing again may fix: the seed decides who plays and sings.
MENDABLE: tuple[Aspect, ...] = ("instrument", "drums", "voice", "entry")
STRICT_WEIGHT = 2.0  # of a refusal or an exclusive; other wishes have 1


@dataclass(frozen=True)
class Verdict:
    """One wish, and its result."""

    wish: Wish
    asked: str
    found: str
    ok: bool
    missed: float = 1.0  # if not ok: the missing share

    def to_json(self) -> Conformance:
        """Return the form in which the job reports it; the wish is in the caption's words."""
        return {"wish": self.wish.words, "asked": self.asked, "found": self.found, "ok": self.ok}


def judge_wishes(outline: Outline, wishes: Sequence[Wish]) -> tuple[Verdict, ...]:
    """Return the verdict on each wish that a score can prove, in order."""
    score = ScoreFacts(outline)
    found = ((wish, CHECKS[wish.aspect](score, wish, wishes)) for wish in wishes if wish.aspect in CHECKS)
    return tuple(Verdict(wish, *finding) for wish, finding in found if finding is not None)


def is_strict(wish: Wish) -> bool:
    """Return whether violating the wish is worse than ignoring it: refusals and exclusives."""
    if isinstance(wish.value, PlayerEntry):
        return wish.value.rule != "plays"
    return wish.polarity in ("refuse", "only") or (wish.aspect == "voice" and not wish.value)


def strict_misses(found: Iterable[Verdict]) -> list[Verdict]:
    """Return the violated refusals and exclusives that another seed may satisfy."""
    return [each for each in found if not each.ok and is_strict(each.wish) and each.wish.aspect in MENDABLE]


def missed_share(found: Sequence[Verdict]) -> float:
    """Return the share of missed wishes, 0 to 1; refusals and exclusives count double."""
    weights = [STRICT_WEIGHT if is_strict(each.wish) else 1.0 for each in found]
    missed = sum(weight * each.missed for weight, each in zip(weights, found, strict=True) if not each.ok)
    return missed / sum(weights) if weights else 0.0
