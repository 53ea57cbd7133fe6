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
_FILE = re.compile(r"a (?:file|picture)\b")  # chosen, not typed
_AT_MOST = "at most "
EMPTY = ("only white space", "none", "0", "an empty body", "0 characters")


@register.filter
def plainly(sentence: object) -> str:
    """Rewrite `{{ error|plainly }}`: "Expected a number from 1 to 600, got 900." -> "Enter a number from 1
    to 600 instead of 900." Leave other sentences unchanged.
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
        return f"Too long: the limit is {length[2]} characters."
    if wanted.startswith(_AT_MOST):
        return f"The limit is {wanted.removeprefix(_AT_MOST)}."
    if wanted.startswith("one of "):
        return f"Choose {wanted}."
    verb = "Choose" if _FILE.match(wanted) or _FILE.match(came) else "Enter"
    if came == "both":
        return f"{verb} {wanted}, not both."
    is_nothing = came in (*EMPTY, "neither", "less")
    return f"{verb} {wanted}." if is_nothing else f"{verb} {wanted} instead of {came}."
