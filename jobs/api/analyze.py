"""What is in a song or in audio from outside: answered at once where the server made it, else by a worker."""

from __future__ import annotations

from typing import Any, NoReturn, TypedDict, cast

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audiomusic.accounts.models import User
from audiomusic.http.exceptions import SourceRefused, SourceTooLarge, TooManyWaiting, UnsupportedAudio
from audiomusic.http.metadata import BriefMetadata
from audiomusic.http.openapi import ERROR, answers, schema_of
from jobs.analysis.facts import AnalysisBody, estimate_body, pending_body, score_body, unheard_body
from jobs.analysis.orders import TooManyQuestions, analysis_order, analysis_wait
from jobs.api.openapi import NOT_FOUND
from jobs.api.refusals import refusals_answered
from jobs.storage.links import site_url
from jobs.storage.scores import kept_score
from jobs.tools.sources import MAX_URL_CHARS, ForeignSource, any_source_of

RETRY_AFTER_S = 5


class AnalyzeSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """Exactly one source. The last two are a language model's, which this server does not ask here."""

    audio_url = serializers.CharField(required=False, allow_null=True, max_length=MAX_URL_CHARS)
    source_job_id = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=2**63 - 1
    )
    source_take = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=999)
    audio_codes = serializers.CharField(required=False, allow_null=True, allow_blank=True, max_length=100_000)
    temperature = serializers.FloatField(required=False, allow_null=True, min_value=0, max_value=2)

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        if unknown := sorted(set(self.initial_data) - set(self.fields)):
            raise serializers.ValidationError({unknown[0]: "There is no such parameter."})
        named = [name for name in ("audio_url", "source_job_id") if values.get(name) not in (None, "")]
        if len(named) != 1:
            sentence = f"Expected audio_url or source_job_id, got {'both' if named else 'neither'}."
            raise serializers.ValidationError({"audio_url": sentence, "source_job_id": sentence})
        return {name: value for name, value in values.items() if value is not None}


class PendingBody(TypedDict):
    success: bool
    error: str
    code: str


class AnalyzeView(APIView):
    metadata_class = BriefMetadata  # type: ignore[assignment]  # the stubs ask for an instance
    throttle_scope = "analyze"
    validation_code = "validation_error"

    @extend_schema(
        summary="Tell what is in a song",
        description=(
            "Tempo, key, metre, chords, sections and beats. Of a song that this server made they are read "
            "from its score (`source` is `score`); of other audio they are estimated by a worker, with "
            "`confidence`. 202 with `Retry-After`: it takes longer; the same request gets the answer. "
            "`success` is false with `error` where there is nothing to find, such as in silence."
        ),
        operation_id="analyze",
        tags=["tools"],
        request=AnalyzeSerializer,
        responses=answers(AnalysisBody) | {202: schema_of(PendingBody), 413: ERROR, 415: ERROR} | NOT_FOUND,
    )
    def post(self, request: Request) -> Response:
        asked = AnalyzeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        values, user = asked.validated_data, cast(User, request.user)
        unused = [name for name in ("temperature", "audio_codes") if name in values]
        with refusals_answered():
            source = any_source_of(values, user=user, base_url=site_url(request), url_name="audio_url")
            if isinstance(source, ForeignSource):
                return self._answered(unused, user=user, upload=source.file, url=source.url)
            try:
                score = kept_score(source.take) if source.take.has_score else None
            except FileNotFoundError:
                score = None
        if score is None:
            return self._answered(unused, user=user, take=source.take)
        return Response(score_body(source.take, score, unused))

    def _answered(self, unused: list[str], **subject: Any) -> Response:
        try:
            answer = analysis_wait(order=analysis_order(**subject))
        except TooManyQuestions as error:
            raise TooManyWaiting(str(error)) from None
        if answer is None:
            return Response(pending_body(), status=202, headers={"Retry-After": str(RETRY_AFTER_S)})
        if "refused" in answer:
            _refuse(answer["refused"]["code"], answer["refused"]["sentence"])
        if "nothing" in answer:
            return Response(unheard_body(answer["nothing"], unused))
        return Response(estimate_body(answer["found"], unused))


def _refuse(code: str, sentence: str) -> NoReturn:
    if code == "source_not_audio":
        raise UnsupportedAudio(sentence)
    if code in ("source_too_large", "source_too_long"):
        raise SourceTooLarge(sentence, code)
    raise SourceRefused(sentence, code, {})
