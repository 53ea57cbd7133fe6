"""Configuration of the language model, and its transport: the engines know neither Django nor HTTP.

The operator sets its URL, so it may be on this machine or in its network; otherwise calls follow the rules of
`safe_http`: one address, no redirect, one deadline, a bounded response.
"""

from __future__ import annotations

import re

from django.conf import settings

from audiomusic.engines.language_model.options import LanguageModelOptions
from audiomusic.http.safe_http import AddressRefused, CallFailed, masked_url, send

DEFAULT_TIMEOUT_S = 60.0
MAX_TIMEOUT_S = 600.0
MAX_LISTED = 8


def language_model_timeout_s() -> float:
    """Return the setting in seconds; the default if it is invalid, which a check reports."""
    text = settings.LLM_TIMEOUT_S
    return float(text) if is_timeout(text) else DEFAULT_TIMEOUT_S


def is_timeout(text: str) -> bool:
    """Whether the text is a plain number of seconds within range."""
    return bool(re.fullmatch(r"\d{1,4}(\.\d{1,3})?", text, re.ASCII)) and 1 <= float(text) <= MAX_TIMEOUT_S


def language_model_options() -> LanguageModelOptions | None:
    """Return the options; None if the settings name no language model."""
    if not (settings.LLM_URL and settings.LLM_MODEL):
        return None
    return LanguageModelOptions(
        url=settings.LLM_URL,
        model=settings.LLM_MODEL,
        timeout_s=language_model_timeout_s(),
        send=send_to_language_model,
        key=settings.LLM_KEY,
    )


def language_model_problems() -> list[str]:
    """Check that the model responds and is listed. It makes a call, so it is for commands, not for
    requests."""
    options = language_model_options()
    if options is None:
        return ["Expected both AUDIOMUSIC_LLM_URL and AUDIOMUSIC_LLM_MODEL, got one of them."]
    from audiomusic.engines.language_model.client import LanguageModelClient, NoAnswer

    try:
        listed = LanguageModelClient(options).models()
    except NoAnswer as error:
        return [f"The language model at {masked_url(options.url)} {error}."]
    if listed and options.model not in listed:
        shown = ", ".join(listed[:MAX_LISTED]) + (" …" if len(listed) > MAX_LISTED else "")
        return [f"The server lists no model called {options.model!r}; it lists: {shown}."]
    return []


def send_to_language_model(
    method: str, url: str, *, body: bytes, headers: dict[str, str], timeout_s: float, max_bytes: int
) -> tuple[int, bytes]:
    """Make one call. Raises OSError if there is no complete response, or it is longer than `max_bytes`."""
    try:
        answer = send(
            method,
            url,
            body=body,
            headers=headers,
            timeout_s=timeout_s,
            allow_private=True,
            max_answer_bytes=max_bytes + 1,
        )
    except (AddressRefused, CallFailed) as error:
        raise OSError(str(error)) from None
    if len(answer.start) > max_bytes:
        raise OSError(f"Expected at most {max_bytes} bytes, got more.")
    return answer.status, answer.start
