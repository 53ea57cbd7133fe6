"""Calls the language model once, through the `openai` package.

The package builds requests and parses responses. The bytes go through `LanguageModelOptions.send`, so that
one deadline covers the whole call, however slowly data arrives, and the size of a response is limited.
Redirects and proxies from the environment are not followed.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import httpx2
from openai import APIConnectionError, APIStatusError, OpenAI, OpenAIError

from audiomusic.engines.language_model.options import LanguageModelOptions

MAX_ANSWER_BYTES = 400_000  # including reasoning; the lyrics are a few kilobytes
MAX_ANSWER_TOKENS = 4000
TEMPERATURE = 0.8
#: The headers that are sent: the package would also disclose the operating system.
SENT_HEADERS = ("authorization", "content-type", "accept", "user-agent")
#: The statuses of a server that does not know a field of the request.
UNKNOWN_FIELD = (400, 404, 415, 422, 501)
NO_KEY = "none"  # the package requires one; local servers do not


class NoAnswer(Exception):
    """The model gave no answer; the message says why, without the server's own words."""


class _Transport(httpx2.BaseTransport):
    """Sends the package's requests until `ends_at`."""

    def __init__(self, options: LanguageModelOptions, ends_at: float) -> None:
        self.options, self.ends_at = options, ends_at

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        left_s = self.ends_at - time.monotonic()
        if left_s <= 0:
            raise httpx2.ReadTimeout("The time is over.", request=request)
        try:
            status, body = self.options.send(
                request.method,
                str(request.url),
                body=request.read(),
                headers={name: request.headers[name] for name in SENT_HEADERS if name in request.headers},
                timeout_s=left_s,
                max_bytes=MAX_ANSWER_BYTES,
            )
        except OSError as error:
            raise httpx2.ConnectError(str(error), request=request) from None
        return httpx2.Response(
            status, content=body, headers={"content-type": "application/json"}, request=request
        )


class LanguageModelClient:
    """Calls one server, and remembers which way of requesting JSON it supports."""

    def __init__(self, options: LanguageModelOptions) -> None:
        self.options = options
        self._first_format = 0

    def ask(self, messages: Sequence[dict[str, str]], schema: dict[str, Any], seed: int) -> str:
        """Return the model's text. Raises NoAnswer."""
        ends_at = time.monotonic() + self.options.timeout_s
        formats = response_formats(schema)
        with self._open(ends_at) as client:
            for number in range(self._first_format, len(formats)):
                try:
                    text = self._ask_once(client, messages, formats[number], seed)
                except APIStatusError as error:
                    if error.status_code not in UNKNOWN_FIELD or number + 1 == len(formats):
                        raise self._refusal(error, ends_at) from None
                except (OpenAIError, ValueError, TypeError, LookupError, AttributeError) as error:
                    raise self._refusal(error, ends_at) from None
                else:
                    self._first_format = number
                    return text
        raise NoAnswer("did not respond")

    def models(self) -> list[str]:
        """Return the models that the server lists. Raises NoAnswer."""
        ends_at = time.monotonic() + self.options.timeout_s
        with self._open(ends_at) as client:
            try:
                return [str(model.id) for model in client.models.list().data]
            except (OpenAIError, ValueError, TypeError, LookupError, AttributeError) as error:
                raise self._refusal(error, ends_at) from None

    def _open(self, ends_at: float) -> OpenAI:
        options = self.options
        return OpenAI(
            base_url=options.url,
            api_key=options.key or NO_KEY,
            max_retries=0,
            timeout=options.timeout_s,
            http_client=httpx2.Client(
                transport=_Transport(options, ends_at), follow_redirects=False, trust_env=False
            ),
        )

    def _ask_once(
        self, client: OpenAI, messages: Sequence[dict[str, str]], extra: dict[str, Any], seed: int
    ) -> str:
        asked: Any = {"model": self.options.model, "messages": list(messages), **extra}
        if extra:  # a server without formats may not know seeds either
            asked |= {"seed": seed % 2**31, "temperature": TEMPERATURE, "max_tokens": MAX_ANSWER_TOKENS}
        message = client.chat.completions.create(**asked).choices[0].message
        if getattr(message, "refusal", None):
            raise NoAnswer("refused to write")
        if not isinstance(message.content, str) or not message.content.strip():
            raise NoAnswer("gave an empty response")
        return message.content

    def _refusal(self, error: Exception, ends_at: float) -> NoAnswer:
        if time.monotonic() >= ends_at:
            return NoAnswer(f"did not respond within {self.options.timeout_s:g} s")
        if isinstance(error, APIStatusError):
            return NoAnswer(f"refused the question with the status {error.status_code}")
        if isinstance(error, APIConnectionError):
            return NoAnswer("cannot be reached")
        return NoAnswer("gave a response that is not a chat completion")


def response_formats(schema: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    """Return the ways to request JSON, strictest first; the last one only needs what every server
    supports."""
    named = {"name": "song", "schema": schema, "strict": True}
    return (
        {"response_format": {"type": "json_schema", "json_schema": named}},
        {"response_format": {"type": "json_object"}},
        {},
    )
