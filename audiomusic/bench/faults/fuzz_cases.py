"""Requests that no honest client sends, generated from the API's own schema."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, quote_from_bytes

from audiomusic.devtools.adversarial_inputs import GREEDY_CAPTIONS, GREEDY_LYRICS, ODD_TEXTS

JSON = "application/json"
METHODS = ("get", "post", "put", "patch", "delete")
TEXTS = (*ODD_TEXTS.values(), *GREEDY_LYRICS.values(), *GREEDY_CAPTIONS.values())

#: Values as raw JSON, because Python cannot express some of them.
VALUES: Sequence[str] = (
    "null", "true", "[]", "{}", '""', '" "', "0", "-0.0", "-1", "1e999", "-1e999", "1e-400", "NaN",
    "-Infinity", "9" * 30, "9" * 5000, "-" + "9" * 19, "9223372036854775808", "0.30000000000000004",
    "1" + "0" * 310,
    '{"a": {"b": [1, [2, [3]]]}}', '["a", 1, null, [], {}]', "[" * 200 + "]" * 200, '"\\ud800"', '"\\u0000"',
    '"\\udc00\\ud800"', '"' + "a" * 900_000 + '"', '"A' + " " * 90_000 + 'x"', '"2999-99-99T99:99:99Z"',
    '"9999-12-31T23:59:59.999999-23:59"', '"0001-01-01T00:00:00+23:59"', '"http://[::1"', '"http://\\u2100/"',
    '"javascript:alert(1)"', '"http://a:b@c:99999999/"', '"https://example.org/' + "%00" * 300 + '"',
)  # fmt: skip

NUMBERS = (
    "0",
    "1",
    "-1",
    "9223372036854775807",
    "9223372036854775808",
    "9" * 40,
    "9" * 1200,
    "1e3",
    "%D9%A3",
    "0x1",
)
WORDS = (
    "%00",
    "..",
    "%2e%2e%2f",
    "%ff%fe",
    "%ed%a0%80",
    "a" * 1500,
    "%0d%0aX-Bad:1",
    "null",
    "*",
    "%F0%9F%98%80",
)

CONTENT_TYPES = (
    JSON, f"{JSON}; charset=utf-16", f"{JSON}; charset=hex", f"{JSON}; charset=rot13",
    f"{JSON}; charset=idna",
    f"{JSON}; charset=\x80", f"{JSON}; charset=undefined", f"{JSON}; charset=utf-7", f"{JSON};;;=",
    "text/plain",
    "application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=zlib",
    "multipart/form-data; boundary=x", "multipart/form-data", "", "\x80/\xff", "application/json\x00",
)  # fmt: skip

HEADERS: Sequence[Mapping[str, str]] = (
    {}, {}, {"Content-Encoding": "gzip"}, {"Accept": "text/html;q=x,*/;;"}, {"Accept": "application/xml"},
    {"Accept-Language": "zz-" * 900}, {"Idempotency-Key": "a" * 5000}, {"Idempotency-Key": "\xff\xfe"},
    {"Idempotency-Key": ""}, {"If-None-Match": '"' * 4000}, {"If-None-Match": "*"},
    {"Cookie": "sessionid=\xff; csrftoken=" + "a" * 3000 + "; ; =; a"}, {"Host": "evil.example"},
    {"X-Forwarded-For": "\xff, , 999.1.1.1"}, {"X-Forwarded-Host": "evil.example"},
    {"X-HTTP-Method-Override": "DELETE"}, {"Range": "bytes=-0,0-,9-1,99999999999999999999-"},
    {"Authorization": "Bearer \xff\xfe"}, {"Authorization": "Bearer " + "a." * 2000},
    {"Authorization": "Basic :::"}, {"Referer": "\xff"}, {"HX-Request": "true", "HX-Current-URL": "http://[/"},
)  # fmt: skip


@dataclass(frozen=True)
class FuzzOperation:
    """One method of one path, with the names of its query parameters and body fields."""

    method: str
    path: str
    query: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class Case:
    """One request. `path` is already quoted; `body` is bytes."""

    method: str
    path: str
    body: bytes = b""
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        shown = self.body if len(self.body) < 300 else self.body[:300] + b"..."
        return f"{self.method} {self.path[:300]} {dict(self.headers)} {self.content_type!r} {shown!r}"


def operations_of(schema: Mapping[str, Any]) -> list[FuzzOperation]:
    """Return every operation in an OpenAPI document."""
    return [
        FuzzOperation(
            method.upper(),
            path,
            tuple(each["name"] for each in operation.get("parameters", ()) if each["in"] == "query"),
            tuple(_properties(schema, operation)),
        )
        for path, item in schema["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]


def _properties(schema: Mapping[str, Any], operation: Mapping[str, Any]) -> Iterator[str]:
    for content in operation.get("requestBody", {}).get("content", {}).values():
        body = content["schema"]
        if "$ref" in body:
            body = schema["components"]["schemas"][body["$ref"].rpartition("/")[2]]
        yield from body.get("properties", {})


def make_case(draw: random.Random, operations: Sequence[FuzzOperation]) -> Case:
    """Return one hostile request, mostly with a single thing wrong, so it also reaches later checks."""
    operation = draw.choice(operations)
    case_path = _path(draw, operation.path) + _query(draw, operation)
    body, content_type = _body(draw, operation)
    strange = draw.random() < 0.1
    return Case(
        operation.method,
        case_path,
        body,
        draw.choice(CONTENT_TYPES) if strange else content_type,
        draw.choice(HEADERS) if draw.random() < 0.2 else {},
    )


def _path(draw: random.Random, path: str) -> str:
    parts = []
    for part in path.split("/"):
        is_name = part.startswith("{")
        parts.append(draw.choice(NUMBERS[:2] * 6 + NUMBERS + WORDS) if is_name else part)
    return "/".join(parts)


def _query(draw: random.Random, operation: FuzzOperation) -> str:
    if not operation.query or draw.random() < 0.3:
        return "?%00=%ff&&=;" if draw.random() < 0.02 else ""
    names = draw.sample(operation.query, draw.randint(1, min(3, len(operation.query))))
    return "?" + "&".join(f"{name}={_word(draw)}" for name in names)[:3800]


def _word(draw: random.Random) -> str:
    makers: Sequence[Callable[[], str]] = (
        lambda: quote(draw.choice(TEXTS)[:300], safe=""),
        lambda: quote(" ".join(draw.choice(TEXTS)[:4] for _ in range(200)), safe=""),
        lambda: draw.choice(NUMBERS),
        lambda: draw.choice(WORDS),
        lambda: quote_from_bytes(draw.randbytes(20)),
    )
    return draw.choice(makers)()


def _body(draw: random.Random, operation: FuzzOperation) -> tuple[bytes, str]:
    if operation.method == "GET":
        return b"", JSON
    if not operation.fields or draw.random() < 0.15:
        return draw.choice(_WHOLE)(draw), JSON
    values = {
        name: _value(draw)
        for name in draw.sample(operation.fields, draw.randint(1, min(2, len(operation.fields))))
    }
    if draw.random() < 0.6:  # add the required fields, so the odd value is what is validated
        values = {name: '"calm piano"' for name in operation.fields if name in NEEDED} | values
    pairs = ", ".join(f"{json.dumps(name)}: {value}" for name, value in values.items())
    return f"{{{pairs}}}".encode(), JSON


NEEDED = ("caption", "query")


def _value(draw: random.Random) -> str:
    if draw.random() < 0.6:
        return json.dumps(draw.choice(TEXTS), ensure_ascii=draw.random() < 0.5)
    return draw.choice(VALUES)


def _nested(draw: random.Random) -> bytes:
    depth = draw.choice((100, 1000, 100_000))
    return b"[" * depth + b"]" * depth if draw.random() < 0.5 else b'{"a":' * depth + b"1" + b"}" * depth


#: Bodies that are not an object of known fields.
_WHOLE: Sequence[Callable[[random.Random], bytes]] = (
    lambda draw: b"",
    lambda draw: draw.choice(
        (b"null", b"[]", b'"text"', b"1", b"true", b"{", b"{}{}", b"\xef\xbb\xbf{}", b"\x00")
    ),
    _nested,
    lambda draw: b'{"caption": "a", "caption": "b"}',
    lambda draw: b'{"caption": "\xff\xfe\x00", "\xed\xa0\x80": 1}',
    lambda draw: '{"caption": "calm"}'.encode(draw.choice(("utf-16", "utf-32", "utf-7"))),
    lambda draw: gzip.compress(b'{"caption": "' + b"a" * 5_000_000 + b'"}'),
    lambda draw: json.dumps({"a" * 900_000: 1}).encode(),
    lambda draw: json.dumps(dict.fromkeys(map(str, range(60_000)))).encode(),
    lambda draw: b'{"caption": "' + b"a" * 2_000_000 + b'"}',
    lambda draw: b"a=1&" * 2000,
    lambda draw: (
        b'--x\r\nContent-Disposition: form-data; name="a"; filename="../b"\r\n\r\nc\r\n' * 200 + b"--x--"
    ),
    lambda draw: draw.randbytes(200),
)
