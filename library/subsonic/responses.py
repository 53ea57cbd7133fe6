"""Responses in XML, JSON and JSONP, all serialised from one nested dictionary.

In XML, a dictionary or a list of dictionaries becomes elements, a list of plain values repeats an element
with text, `value` is an element's text, and anything else is an attribute.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from django.conf import settings
from django.http import HttpResponse, QueryDict

from audiomusic.http.renderers import json_bytes

API_VERSION = "1.16.1"
NAMESPACE = "http://subsonic.org/restapi"
CALLBACK = re.compile(r"[A-Za-z_$][A-Za-z0-9_.$]{0,63}")
Body = dict[str, Any]

#: Characters that XML 1.0 cannot represent.
_UNSPEAKABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_IN_ATTRIBUTES = {'"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}
#: Elements with `value` beside child elements; there it is an attribute.
_VALUE_IS_ATTRIBUTE = frozenset({"cueLine"})


class AnswerForm(NamedTuple):
    """The format of a response."""

    name: str = "xml"
    callback: str = ""


class CallbackInvalid(Exception):
    """JSONP was requested with an invalid function name."""


def form_of(params: QueryDict) -> AnswerForm:
    """Return the format requested by `f`. Raises CallbackInvalid."""
    name = params.get("f", "xml")
    if name == "jsonp":
        callback = params.get("callback", "")
        if not CALLBACK.fullmatch(callback):
            raise CallbackInvalid
        return AnswerForm("jsonp", callback)
    return AnswerForm("json") if name == "json" else AnswerForm()


def ok(body: Body, form: AnswerForm) -> HttpResponse:
    return _answer("ok", body, form)


def failed(code: int, message: str, form: AnswerForm, *, help_url: str = "") -> HttpResponse:
    error: Body = {"code": code, "message": message} | ({"helpUrl": help_url} if help_url else {})
    return _answer("failed", {"error": error}, form)


def _answer(status: str, body: Body, form: AnswerForm) -> HttpResponse:
    envelope: Body = {
        "status": status,
        "version": API_VERSION,
        "type": "audiomusic",
        "serverVersion": settings.VERSION,
        "openSubsonic": True,
    } | body
    if form.name == "xml":
        text = xml("subsonic-response", {"xmlns": NAMESPACE} | envelope)
        content = f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()
        return HttpResponse(content, content_type="text/xml; charset=utf-8")
    content = json_bytes({"subsonic-response": envelope})
    if form.name == "jsonp":
        # The comment prevents content sniffing from taking the response for another type.
        content = b"/**/" + form.callback.encode() + b"(" + _for_script(content) + b");"
        return HttpResponse(content, content_type="application/javascript; charset=utf-8")
    return HttpResponse(content, content_type="application/json")


def _for_script(content: bytes) -> bytes:
    """Escape JSON so that it is also valid inside a script."""
    for letter, escaped in (("\u2028", b"\\u2028"), ("\u2029", b"\\u2029"), ("<", b"\\u003c")):
        content = content.replace(letter.encode(), escaped)
    return content


def xml(name: str, value: Body) -> str:
    """Return an element with its content."""
    parts: list[str] = []
    _write(parts, name, value)
    return "".join(parts)


def _write(parts: list[str], name: str, value: Any) -> None:
    if not isinstance(value, dict):
        parts.append(f"<{name}>{_text(value)}</{name}>")
        return
    inner: list[str] = []
    parts.append(f"<{name}")
    for key, item in value.items():
        if isinstance(item, dict):
            _write(inner, key, item)
        elif isinstance(item, list):
            for each in item:
                _write(inner, key, each)
        elif key == "value" and name not in _VALUE_IS_ATTRIBUTE:
            inner.append(_text(item))
        else:
            parts.append(f' {key}="{_attribute(item)}"')
    parts.append(f">{''.join(inner)}</{name}>" if inner else "/>")


def _plain(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _text(value: Any) -> str:
    return escape(_UNSPEAKABLE.sub("", _plain(value)), {"\r": "&#13;"})


def _attribute(value: Any) -> str:
    text = _UNSPEAKABLE.sub("", _plain(value))
    return escape(text, _IN_ATTRIBUTES)
