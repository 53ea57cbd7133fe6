"""What an instruction makes of a score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from audiomusic.engines.notation.tune import Tune
from audiomusic.engines.notation.writer import write_abc
from jobs.scores.refusals import ScoreRefused
from jobs.scores.sources import WrittenScore


@dataclass(frozen=True)
class Revision:
    """`note` says what was done, in words."""

    tune: Tune
    note: str

    @property
    def abc(self) -> str:
        return write_abc(self.tune)


def revision_of(source: WrittenScore, wishes: Mapping[str, Any]) -> Revision:
    """Raises ScoreRefused."""
    raise ScoreRefused("REVISE_FAILED", "Expected an instruction.")
