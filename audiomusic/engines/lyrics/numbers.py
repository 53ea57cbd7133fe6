"""Spells out numbers with num2words, and what it lacks (clock times, whole amounts of money) with
`reading.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

#: Languages whose numbers are spelled out; in others, the voice reads the digits.
WORDED = ("en", "de", "fr", "es", "pt", "it")
MOST_DIGITS = 15
ROMAN = {"M": 1000, "D": 500, "C": 100, "L": 50, "X": 10, "V": 5, "I": 1}
_ROMAN = re.compile(r"M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})")


@cache
def table() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("reading.toml").read_text(encoding="utf-8"))


def rules_of(language: str) -> Mapping[str, Any]:
    return table().get(language, {}) if language not in ("capitals", "letters") else {}


@lru_cache(maxsize=4096)
def _in_words(number: str, language: str, to: str = "cardinal") -> str:
    from num2words import num2words  # takes 40 ms and is rarely needed

    value = Decimal(number) if "." in number else int(number)
    said: str = num2words(value, lang=language, to=to)
    return said.replace(",", "")


def say(text: str, language: str, *, before: str = "") -> str | None:
    """Spell out `1,250.5`; return the digits if the voice reads them itself, and None if it is too long.

    `before`: the noun that it counts, for agreement: "un día", "una noche".
    """
    whole, fraction = parts_of(text, language)
    if not whole or len(whole) + len(fraction) > MOST_DIGITS:
        return None
    if language not in WORDED:
        return text
    if len(whole) > 1 and whole.startswith("0"):
        return " ".join(digit(char, language) for char in whole + fraction)
    if not fraction:
        return _agreeing(_in_words(whole, language), language, before)
    comma = rules_of(language).get("comma")
    if comma:
        return f"{_in_words(whole, language)} {comma} {_fraction_words(fraction, language)}"
    return _in_words(f"{whole}.{fraction}", language)


def _agreeing(said: str, language: str, noun: str) -> str:
    row = rules_of(language).get("agreeing")
    if not noun or not row or not said.endswith(tuple(row)):
        return said
    ending = next(ending for ending in row if said.endswith(ending))
    rules, word = rules_of(language), noun.casefold()
    ends_so = word.endswith(("a", "as")) and word not in rules.get("masculine", ())
    is_feminine = len(row[ending]) > 1 and (ends_so or word in rules.get("feminine", ()))
    return said[: -len(ending)] + str(row[ending][is_feminine])


def _fraction_words(fraction: str, language: str) -> str:
    if fraction.startswith("0") or len(fraction) > 2:
        return " ".join(_in_words(char, language) for char in fraction)
    return _in_words(fraction, language)


def parts_of(text: str, language: str) -> tuple[str, str]:
    """Return the whole and fractional digits, according to the language's separators."""
    text = re.sub(r"(?<=\d)[’' \u00a0\u202f](?=\d{3})", "", text)
    decimal = rules_of(language).get("decimal", ".")
    other = "," if decimal == "." else "."
    if re.fullmatch(rf"[1-9]\d{{0,2}}(?:{re.escape(other)}\d{{3}})+(?:{re.escape(decimal)}\d+)?", text):
        text = text.replace(other, "")
    elif re.fullmatch(rf"[1-9]\d{{0,2}}(?:{re.escape(decimal)}\d{{3}}){{2,}}", text):
        text = text.replace(decimal, "")
    whole, _, fraction = text.replace(",", ".").partition(".")
    return whole, re.sub(r"\D", "", fraction)


def digit(char: str, language: str) -> str:
    zero = rules_of(language).get("zero")
    return str(zero) if char == "0" and zero else _in_words(char, language) if language in WORDED else char


def year(number: int, language: str) -> str | None:
    return _in_words(str(number), language, "year") if language in WORDED else None


def ordinal(number: int, language: str) -> str | None:
    return _in_words(str(number), language, "ordinal") if language in WORDED else None


def one(language: str) -> str:
    """Return 1 as it is said before a noun."""
    return str(rules_of(language).get("one") or (_in_words("1", language) if language in WORDED else "1"))


def money(text: str, names: Sequence[str], scale: str, language: str) -> str | None:
    """Spell out an amount such as "5.50", with the singular and plural of the currency and of its coin."""
    rules = rules_of(language)
    whole, fraction = parts_of(text, language)
    said = say(whole, language) if whole else None
    if said is None:
        return None
    if scale:
        word = rules.get("scales", {}).get(scale)
        return f"{say(text, language)} {word} {names[1]}" if word else None
    if not fraction or len(fraction) > 2 or not names[2]:
        spoken = say(text, language)
        return f"{one(language) if text == '1' else spoken} {names[0] if text == '1' else names[1]}"
    coins = int(fraction.ljust(2, "0"))
    notes = f"{one(language)} {names[0]}" if whole == "1" else f"{said} {names[1]}"
    if not coins or language not in WORDED:
        return notes
    spoken = _in_words(str(coins), language)
    coin = f"{one(language) if coins == 1 else spoken} {names[2] if coins == 1 else names[3]}"
    if whole == "0":
        return coin
    return str(rules["joined"]).format(a=notes, b=coin, c=spoken)


def clock(hours: int, minutes: int, language: str, next_word: str) -> str | None:
    """Spell out a time such as "17:30"; `next_word` avoids doubling "Uhr" in "17:30 Uhr"."""
    rules = rules_of(language)
    if "time" not in rules:
        return None
    hour = str(rules.get("time_one_hour") or say("1", language)) if hours == 1 else say(str(hours), language)
    names_hours = next_word.casefold() in {str(rules.get("time_word", "")), "o", "h"} and bool(next_word)
    is_half = next_word.casefold() in ("am", "pm", "a", "p")
    if not minutes:
        if names_hours or is_half:
            return hour
        if hours == 1 and "time_one" in rules:
            return str(rules["time_one"])
        template = rules["time_full"]
        return str(template).format(h=one(language) if hours == 1 and language == "de" else hour)
    name = "time_zero" if minutes < 10 else "time"
    if language == "de":
        hour = one(language) if hours == 1 else hour
    if hours == 1 and language == "fr":
        return f"{rules['time_one']} {say(str(minutes), language)}"
    said = str(rules[name]).format(h=hour, m=say(str(minutes), language))
    return said.replace(" Uhr", "", 1) if names_hours and language == "de" else said


def date(day: int, month: int, year_: int, language: str) -> str | None:
    rules = rules_of(language)
    if "months" not in rules or not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    said = str(rules["date"]).format(
        month=rules["months"][month - 1], n=say(str(day), language), ordinal=ordinal(day, language)
    )
    spoken = year(year_, language) if year_ > 99 else say(f"{year_:02}", language)
    return str(rules.get("date_year", "{date} {year}")).format(date=said, year=spoken)


def from_roman(text: str) -> int:
    """Parse a Roman numeral; 0 if it is not well formed."""
    if not text or not _ROMAN.fullmatch(text):
        return 0
    values = [ROMAN[char] for char in text]
    return sum(-a if a < b else a for a, b in zip(values, [*values[1:], 0], strict=True))
