"""The API's errors in everyday words. "Expected X, got Y" helps a program's author, but reads like compiler
output on a page. `static/library/plain.js` has the same rules for errors that scripts show.
"""

from __future__ import annotations

import re

from django import template

register = template.Library()

_REFUSAL = re.compile(
    r"(?:\w+: )?Expected (?P<wanted>.+?)[,.]? [gG]ot (?P<came>[^:;]+)(?:[:;] ?(?P<rest>.+))?", re.S
)
_CODED = re.compile(r", or -1$|^-1 or ")  # the value that means "you decide" in a request
_LENGTH = re.compile(r"(?:text of |a name of )?(\d+) to (\d+) (?:printable )?characters")
EMPTY = ("only white space", "none", "0", "an empty body", "0 characters")


@register.filter
def plainly(sentence: object) -> str:
    """Rewrite `{{ error|plainly }}`: "Expected a number from 1 to 600, got 900." -> "Give a number from 1 to
    600 instead of 900." Leave other sentences unchanged.
    """
    text = str(sentence)
    match = _REFUSAL.fullmatch(text.removesuffix("."))
    if match is None:
        return text
    said = _said(_CODED.sub("", match["wanted"]), match["came"].strip())
    rest = (match["rest"] or "").strip()
    return f"{said} {rest[:1].upper()}{rest[1:]}." if rest else said


def _said(wanted: str, came: str) -> str:
    if length := _LENGTH.fullmatch(wanted):
        if came in EMPTY:
            return "This field is empty. Please write something."
        return f"This is too long: at most {length[2]} characters fit."
    if wanted.startswith("at most "):
        return (
            f"This is too much: {wanted} fit."
            if came in ("more", "one more")
            else f"This is too much: {wanted}."
        )
    if wanted.startswith("one of "):
        return f"Choose {wanted}."
    if came == "both":
        return f"Give {wanted}, not both."
    return f"Give {wanted}." if came in (*EMPTY, "neither", "less") else f"Give {wanted} instead of {came}."
