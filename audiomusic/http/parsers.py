"""Request bodies: strict JSON as in RFC 8259, without values that would fail later."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser, get_encoding  # type: ignore[attr-defined]
from rest_framework.utils import json


def _unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object whose names are unique: with a duplicate, the intended value is unknown."""
    names = dict(pairs)
    if len(names) < len(pairs):
        twice = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise ParseError(f"The JSON body names {ascii(twice[:60])} twice.")
    return names


class StrictJSONParser(JSONParser):
    """Refuses bodies that are nested too deeply, duplicate names, NaN and Infinity, and text that is not
    Unicode (a lone surrogate cannot be stored).
    """

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        body = stream.read()  # DATA_UPLOAD_MAX_MEMORY_SIZE limits it before this point
        try:
            data = json.loads(
                body.decode(get_encoding(parser_context or {})), object_pairs_hook=_unique_names
            )
            if b"\\u" in body:
                json.dumps(data, ensure_ascii=False).encode()
        except RecursionError:
            raise ParseError("The JSON body is nested too deeply.") from None
        except UnicodeError:
            raise ParseError("The JSON body contains text that is not Unicode.") from None
        except ValueError as error:
            raise ParseError(f"The body is not JSON: {error}") from None
        return data
