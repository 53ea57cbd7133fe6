"""Converts a line to what a singer pronounces: numbers, money, times, symbols, capitals and abbreviations.

The spoken form is stored beside the written one, so that the displayed text stays as typed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from audiomusic.engines.lyrics import numbers
from audiomusic.engines.lyrics.numbers import rules_of, table
from audiomusic.engines.lyrics.words import any_of


class SpokenForm(NamedTuple):
    """The characters `start` to `end` of a line, and how they are pronounced."""

    start: int
    end: int
    said: str


Reader = Callable[[re.Match[str], "Line"], str | None]
NUMBER = r"\d{1,3}(?:[.,’' \u00a0\u202f]\d{3}(?!\d))+(?:[.,]\d{1,2}(?!\d))?|\d+(?:[.,]\d+)?"
MOST_DIGITS = 15  # the voice reads longer numbers digit by digit
HEARTS = "❤♥"


class Line(NamedTuple):
    """A line, with the context that its readers need."""

    text: str
    language: str
    is_shouted: bool  # all capitals

    @property
    def rules(self) -> Mapping[str, Any]:
        return rules_of(self.language)

    def word_before(self, place: int) -> str:
        found = re.search(r"([^\W\d_]+)[\s.]*$", self.text[max(0, place - 30) : place])
        return found[1] if found else ""

    def word_after(self, place: int) -> str:
        found = re.match(r"\s*([^\W\d_]+)", self.text[place : place + 30])
        return found[1] if found else ""


def readings(text: str, language: str) -> list[SpokenForm]:
    """Return the parts of `text` that are not pronounced as written, in order. Empty for a language without
    rules."""
    tag = language.casefold().replace("_", "-").partition("-")[0]
    letters = [char for char in text if char.isalpha()]
    words = re.findall(r"[^\W\d_]{2,}", text)
    is_shouted = len(words) > 1 and not any(char.islower() for char in letters)
    line = Line(text, tag, is_shouted)
    return list(_read(line))


def as_read(text: str, language: str) -> str:
    """Return the line as it is sung."""
    said, place = "", 0
    for reading in readings(text, language):
        said += f"{text[place : reading.start]} {reading.said} "
        place = reading.end
    return " ".join((said + text[place:]).split())


def _read(line: Line) -> Iterator[SpokenForm]:
    for found in _tokens(line.language).finditer(line.text):
        name = found.lastgroup or ""
        said = READERS[name](found, line) if name in READERS else None
        if said and said != found[0]:
            yield SpokenForm(found.start(), found.end(), said)


@cache
def _tokens(language: str) -> re.Pattern[str]:
    """Return the pattern of the language; each alternative is one kind of token, and the first match wins."""
    units = any_of(rules_of(language).get("units", ())) or "(?!)"
    return re.compile(
        rf"""
        (?P<date>(?<![\d.,/-])(?:\d{{4}}-\d{{2}}-\d{{2}}|\d{{1,2}}[./]\d{{1,2}}[./](?:\d{{4}}|\d{{2}}))(?![\d/-]))
      | (?P<phone>(?<![\d-])(?:\d{{3}}-){{1,3}}\d{{4}}(?![\d-]))
      | (?P<time>(?<![\d:.,])(?:[01]?\d|2[0-4])(?::[0-5]\d|h[0-5]\d|h\b(?=\s|$))(?![\d:])
               (?:\s?(?:Uhr|[ap]\.?m\b\.?))?)
      | (?P<money>(?:R\$|[$€£¥₹₽]|US\$)\s?(?:{NUMBER})(?:\s?(?:[kKmMbB]|bn|mio|mrd)\b)?
               |(?<![\d.,])(?:{NUMBER})\s?(?:R\$|[$€£¥₹₽])(?!\d))
      | (?P<percent>(?<![\d.,])(?:{NUMBER})\s?[%％])
      | (?P<degrees>(?<![\d.,])[-−]?(?:{NUMBER})\s?°\s?[CFcf]?(?!\w))
      | (?P<decade>(?<![\w.,])['’]?(?:\d{{2}}00|(?:1[0-9]|20)?[0-9]0)(?:['’]?s|er)\b)
      | (?P<short_year>(?<!\w)['’]\d{{2}}(?!\d|['’]?\w))
      | (?P<ordinal>(?<![\w.,])(?:\d{{1,4}}(?:st|nd|rd|th|er|re|ère|e|ème|os|as)\b
               |\d{{1,4}}\.?[ºª](?!\w)|\d{{1,2}}\.(?=\s[^\W\d_])))
      | (?P<fraction>(?<![\d/.,])(?:[½¼¾⅓⅔]|[13]/[24](?![\d/])))
      | (?P<count>[#№]\s?\d{{1,9}}(?!\d)|\b(?:[Nn][º°]|No\.|Nr\.)\s?\d{{1,9}}(?![\d.,]*\d))
      | (?P<unit>(?<![\w.,])(?:{NUMBER})\s?(?i:{units})(?![\w'’/]))
      | (?P<glued>(?<![\w.,])\d{{1,6}}[A-Zk]{{1,2}}(?!\w))
      | (?P<number>(?<![\w.,])[-−]?(?:{NUMBER})(?![\w]))
      | (?P<initials>(?<!\w)(?:[^\W\d_]\.){{2,6}}[^\W\d_]?(?!\w))
      | (?P<short>(?<!\w)(?:w/o|w/|b/c|[^\W\d_]{{1,5}}\.(?:[^\W\d_]{{1,3}}\.?)?(?!\w)))
      | (?P<plural>(?<!\w)[A-Z]{{2,5}}['’]?s(?!\w))
      | (?P<amp>(?<=\w)&(?=\w)|&|＆)
      | (?P<at>(?<!\S)@(?=\s|\w)|＠)
      | (?P<sign>(?<=[\w\s])[+＋=＝](?=[\w\s]))
      | (?P<heart>[{HEARTS}]\ufe0f?)
      | (?P<roman>(?<=[^\W\d_]\s)[IVX](?![\w'’]))
      | (?P<word>(?<![\w'’])[^\W\d_]{{1,40}}(?:['’][^\W\d_]{{1,40}})*(?![\w]))
        """,
        re.VERBOSE,
    )


def _number_in(text: str, line: Line) -> str | None:
    """Spell out the number in `text`; return digits if the voice reads them itself."""
    return numbers.say(text, line.language)


def _bare(text: str) -> str:
    found = re.search(NUMBER, text)
    return found[0] if found else ""


def _filled(line: Line, name: str, token: str) -> str | None:
    template, said = line.rules.get(name), _number_in(_bare(token), line)
    return str(template).format(n=said) if template and said else None


def _percent(found: re.Match[str], line: Line) -> str | None:
    return _filled(line, "percent", found[0])


def _degrees(found: re.Match[str], line: Line) -> str | None:
    scale = found[0].rstrip()[-1:].casefold()
    name = {"c": "celsius", "f": "fahrenheit"}.get(scale, "degrees")
    said = _filled(line, name if name in line.rules else "degrees", found[0])
    minus = line.rules.get("minus")
    return str(minus).format(n=said) if said and minus and found[0][0] in "-−" else said


def _money(found: re.Match[str], line: Line) -> str | None:
    names = line.rules.get("money", {})
    sign = re.search(r"R\$|[$€£¥₹₽]", found[0])
    assert sign is not None
    row = names.get(sign[0]) or names.get(sign[0][-1])
    scale = re.search(r"(?<=[\d\s])(bn|mio|mrd|[kmb])$", found[0].casefold())
    return numbers.money(_bare(found[0]), row, scale[1] if scale else "", line.language) if row else None


def _plain_number(found: re.Match[str], line: Line) -> str | None:
    token = found[0]
    digits = _bare(token)
    if len(digits) > MOST_DIGITS:
        return None
    if line.rules.get("year") and re.fullmatch(r"1[1-9]\d\d|20[1-9]\d", digits):
        return numbers.year(int(digits), line.language)
    said = numbers.say(digits, line.language, before=line.word_after(found.end()))
    if said is None or said == token:
        return None
    minus = line.rules.get("minus")
    return str(minus).format(n=said) if token[0] in "-−" and minus else said


def _unit(found: re.Match[str], line: Line) -> str | None:
    digits = _bare(found[0])
    name = found[0][found[0].index(digits) + len(digits) :].strip().casefold()
    said = _number_in(digits, line)
    row = line.rules["units"].get(name)
    if said is None or row is None:
        return None
    return f"{numbers.one(line.language) if digits == '1' else said} {row[0] if digits == '1' else row[1]}"


def _glued(found: re.Match[str], line: Line) -> str | None:
    """Read 10K, 3D, 20CC."""
    digits = _bare(found[0])
    said = _number_in(digits, line)
    return f"{said} {_spelled(found[0][len(digits) :].upper(), line.language)}" if said else None


def _decade(found: re.Match[str], line: Line) -> str | None:
    names = line.rules.get("decades")
    digits = re.sub(r"\D", "", found[0])
    ending = "er" if found[0].endswith("er") else "s"
    if not names or (ending == "er") != (line.language == "de"):
        return None
    decade = names.get(digits[-2:])
    century = digits[:-2]
    if decade is None:
        whole = numbers.year(int(digits), line.language)
        return f"{whole}s" if ending == "s" and whole and len(digits) == 4 else None
    if not century:
        return str(decade)
    before = (
        numbers.year(int(century) * 100, line.language)
        if ending == "er"
        else numbers.say(century, line.language)
    )
    return f"{before}{decade}" if ending == "er" else f"{before} {decade}"


def _short_year(found: re.Match[str], line: Line) -> str | None:
    digits = found[0][1:]
    if line.language == "en" and digits[0] == "0":
        return f"{line.rules['zero']} {numbers.say(digits[1], 'en')}"
    return numbers.say(digits, line.language)


def _ordinal(found: re.Match[str], line: Line) -> str | None:
    number = int(re.match(r"\d+", found[0])[0])  # type: ignore[index]
    ending = found[0][len(str(number)) :]
    if ending == ".":
        before, after = line.word_before(found.start()).casefold(), line.word_after(found.end())
        allowed = line.rules.get("ordinal_before", ())
        months = [str(month) for month in line.rules.get("months", ())]
        if before not in allowed and after not in months:
            return None
        said = numbers.ordinal(number, line.language)
        return f"{said}n" if said and before in line.rules.get("dative", ()) else said
    english = ending in ("st", "nd", "rd", "th")
    if english != (line.language == "en"):
        return None
    said = numbers.ordinal(number, line.language)
    if said and (ending in ("ª", "re", "ère", "as")):
        return "première" if line.language == "fr" else re.sub(r"o\b", "a", said)
    return said


def _count(found: re.Match[str], line: Line) -> str | None:
    word = line.rules.get("number")
    said = _number_in(_bare(found[0]), line)
    return f"{word} {said}" if word and said else None


def _time(found: re.Match[str], line: Line) -> str | None:
    parts = re.match(r"(\d+)(?:[:h](\d*))?\s?(Uhr|[ap])?", found[0])
    assert parts is not None
    word = line.word_after(found.end()) if parts[3] in (None, "") else "" if parts[3] == "Uhr" else parts[3]
    said = numbers.clock(int(parts[1]), int(parts[2] or 0), line.language, word)
    half = {"a": "A", "p": "P"}.get(parts[3] or "")
    return f"{said} {_spelled(half + 'M', line.language)}" if said and half else said


def _date(found: re.Match[str], line: Line) -> str | None:
    parts = [int(part) for part in re.findall(r"\d+", found[0])]
    if "-" in found[0]:
        year, month, day = parts
    else:
        day, month, year = parts
        if line.language == "en" and "/" in found[0] and day <= 12 or month > 12:
            day, month = month, day
    return numbers.date(day, month, year, line.language)


def _phone(found: re.Match[str], line: Line) -> str | None:
    digits = [numbers.digit(char, line.language) for char in found[0] if char.isdigit()]
    return " ".join(digits) if all(digits) else None


def _fraction(found: re.Match[str], line: Line) -> str | None:
    said: str | None = line.rules.get("fractions", {}).get(found[0])
    return said


def _sign(name: str) -> Reader:
    def read(found: re.Match[str], line: Line) -> str | None:
        word = line.rules.get(name)
        return str(word) if word else None

    return read


def _sum_sign(found: re.Match[str], line: Line) -> str | None:
    word = line.rules.get("plus" if found[0] in "+＋" else "equals")
    is_sum = bool(re.search(r"[^\s]\s?$", line.text[: found.start()])) and bool(
        line.text[found.end() :].strip()
    )
    return str(word) if word and is_sum else None


def _heart(found: re.Match[str], line: Line) -> str | None:
    """Read I ❤ you; a heart at the end of a line is an ornament."""
    word = line.rules.get("love")
    before, after = line.text[: found.start()].rstrip()[-1:], line.text[found.end() :].lstrip()[:1]
    return str(word) if word and before.isalnum() and after.isalnum() else None


def _initials(found: re.Match[str], line: Line) -> str | None:
    known = _abbreviation(found[0], line)
    if known:
        return known
    return _spelled("".join(char for char in found[0] if char.isalpha()).upper(), line.language)


def _abbreviation(token: str, line: Line) -> str | None:
    said: str | None = line.rules.get("abbreviations", {}).get(token.casefold())
    return said


def _short(found: re.Match[str], line: Line) -> str | None:
    short = line.rules.get("with", {})
    if found[0].casefold() in short:
        return str(short[found[0].casefold()])
    known = _abbreviation(found[0], line)
    # "Dr." is an abbreviation before a name; at the end of a line, "St." may be anything.
    if known and line.text[found.end() :].strip():
        return known
    word = found[0].rstrip(".")
    return (
        _word_of(word, line, before=line.word_before(found.start()))
        if word.isalpha() and len(word) > 1
        else None
    )


def _plural(found: re.Match[str], line: Line) -> str | None:
    letters = re.sub(r"['’]?s$", "", found[0])
    return f"{_spelled(letters, line.language)}'s" if _is_spelled(letters, line) else None


def _single_roman(found: re.Match[str], line: Line) -> str | None:
    """Read `Part V` and `Carlos I`: a numeral after a word that takes one."""
    before = line.word_before(found.start())
    takers = (*line.rules.get("monarchs", ()), *line.rules.get("parts", ()))
    return _roman(found[0], line, before) if before.casefold() in takers else None


def _word(found: re.Match[str], line: Line) -> str | None:
    return _word_of(found[0], line, before=line.word_before(found.start()))


def _word_of(word: str, line: Line, before: str = "") -> str | None:
    if len(word) < 2 or not word.isupper():
        return _abbreviation(word, line) if len(word) < 5 and word.isalpha() else None
    roman = _roman(word, line, before)
    if roman:
        return roman
    if _is_spelled(word, line):
        return _spelled(word, line.language)
    return word.lower() if len(word.lower()) == len(word) else None


@cache
def _capitals(name: str) -> frozenset[str]:
    return frozenset(table()["capitals"][name].split())


def _is_spelled(word: str, line: Line) -> bool:
    if word in _capitals("said") or not word.isascii():
        return False
    if word in _capitals("spelled"):
        return word not in _capitals("words") or (line.language == "en" and not line.is_shouted)
    has_vowel = any(char in "AEIOUY" for char in word)
    is_sound = len(set(word)) < len(word) or word[-1] in "HMZ"  # HMM, SHH, BRRR, PST
    return not has_vowel and not is_sound and len(word) < 6


def _spelled(letters: str, language: str) -> str:
    names = table()["letters"].get(language, {})
    return " ".join(names.get(letter, letter) for letter in letters)


def _roman(word: str, line: Line, before: str) -> str | None:
    if not re.fullmatch(r"[IVXLCDM]{1,9}", word):
        return None
    value = numbers.from_roman(word)
    if value > 1000 and len(word) > 4:
        return numbers.year(value, line.language)
    folded = before.casefold()
    monarchs, parts = line.rules.get("monarchs", ()), line.rules.get("parts", ())
    if not value or not before:
        return None
    if folded in monarchs and value < 40:
        return str(line.rules["monarch"]).format(ordinal=numbers.ordinal(value, line.language))
    if folded in parts:
        return numbers.say(str(value), line.language)
    is_named = before[:1].isupper() and not line.is_shouted and set(word) <= set("IVX") and value < 40
    return numbers.say(str(value), line.language) if is_named else None


READERS: dict[str, Reader] = {
    "date": _date, "phone": _phone, "time": _time, "money": _money, "percent": _percent, "degrees": _degrees,
    "decade": _decade, "short_year": _short_year, "ordinal": _ordinal, "fraction": _fraction, "count": _count,
    "unit": _unit, "glued": _glued, "roman": _single_roman, "number": _plain_number,
    "initials": _initials, "short": _short, "plural": _plural,
    "amp": _sign("and"), "at": _sign("at"), "sign": _sum_sign, "heart": _heart, "word": _word,
}  # fmt: skip
