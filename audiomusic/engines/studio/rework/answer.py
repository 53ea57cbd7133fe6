"""The result that a job reports for a reworked song."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from audiomusic.engines.base import ReworkRequest, SongResult
from audiomusic.engines.studio.rework.edits.reworked import Reworked
from audiomusic.engines.studio.rework.operations import lyrics_sung


def rework_result(
    request: ReworkRequest, results: Sequence[tuple[Reworked, Sequence[Mapping[str, Any]]]]
) -> SongResult:
    """Return the first take's changes for the job; what was kept is the same in all takes."""
    made, kept = results[0]
    plan, score = made.plan, made.score
    operation = {**request.operation, **made.details}
    if len(results) > 1:
        operation["changed_of_takes"] = [dict(each.details.get("changed", {})) for each, _ in results]
    return SongResult(
        effective={
            "operation": operation,
            "kept": list(kept),
            "plan": plan.to_dict(),
            "seeds": list(request.seeds),
            "duration_s": score.duration_s,
            **({"window": operation["window"]} if "window" in operation else {}),
        },
        caption=str(request.operation.get("caption") or plan.caption),
        lyrics=lyrics_sung(made) if score.vocals else "",
        bpm=plan.bpm,
        keyscale=plan.key.name,
        timesignature=plan.metre.name,
        vocal_language=plan.language if score.vocals else None,
        not_applied=dict(made.not_applied),
        title=None,
    )
