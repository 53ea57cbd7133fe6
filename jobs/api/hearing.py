"""Responses to analysis requests for audio without a score, once a worker has analyzed it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from rest_framework.response import Response

from audiomusic.accounts.models import User
from audiomusic.http.exceptions import SourceRefused, SourceTooLarge, TooManyWaiting, UnsupportedAudio
from jobs.analysis.orders import TooManyQuestions, analysis_order, analysis_wait
from jobs.tools.estimates import PENDING, estimate_body, unheard_body
from jobs.tools.sources import ForeignSource, Source

RETRY_AFTER_S = 5


def heard_answer(source: Source | ForeignSource, *, user: User, sent: Mapping[str, Any]) -> Response:
    """Return the analysis, or 202 while it runs. Raises the refusal that applies to the audio."""
    try:
        if isinstance(source, Source):
            order = analysis_order(user=user, take=source.take)
        else:
            order = analysis_order(user=user, upload=source.file, url=source.url)
    except TooManyQuestions as error:
        raise TooManyWaiting(str(error)) from None
    answer = analysis_wait(order=order)
    if answer is None:
        return Response(PENDING, status=202, headers={"Retry-After": str(RETRY_AFTER_S)})
    if "refused" in answer:
        _refuse(answer["refused"]["code"], answer["refused"]["sentence"])
    if "nothing" in answer:
        return Response(unheard_body(answer["nothing"], sent))
    return Response(estimate_body(answer["found"], sent))


def _refuse(code: str, sentence: str) -> NoReturn:
    if code == "source_not_audio":
        raise UnsupportedAudio(sentence)
    if code in ("source_too_large", "source_too_long"):
        raise SourceTooLarge(sentence, code)
    raise SourceRefused(sentence, code, {})
