"""The color roles of tokens.css: text is readable on every surface it may appear on, in both themes."""

import math
import re
from pathlib import Path

import pytest

TOKENS = (Path(__file__).parents[2] / "static/site/tokens.css").read_text()
ROLES = dict(re.findall(r"^\s*--([\w-]+):\s*([^;]+);", TOKENS, re.M))
THEMES = ("light", "dark")
SURFACES = ("ground", "surface", "raised")
TEXT, SEEN = 4.5, 3.0  # WCAG 2.2: 1.4.3 for text, 1.4.11 for controls and drawings
PARTS = tuple(f"part-{index}" for index in range(8))
PAIRS = [
    *((text, surface, TEXT) for text in ("ink", "ink-soft", "accent", "danger") for surface in SURFACES),
    *((text, surface, TEXT) for text in ("good", "warn") for surface in SURFACES),
    *((seen, surface, SEEN) for seen in ("line-strong", *PARTS) for surface in SURFACES),
    ("on-signal", "signal", TEXT),
    ("on-signal", "signal-hover", TEXT),
    ("on-accent", "accent", TEXT),
    ("on-danger", "danger", TEXT),
    ("on-sleeve", "sleeve", TEXT),
    ("ground", "ink", TEXT),
    *(("ink", wash, TEXT) for wash in ("accent-wash", "good-wash", "warn-wash", "danger-wash")),
    *((word, f"{word}-wash", TEXT) for word in ("accent", "good", "warn", "danger")),
]


def value(role, theme):
    """Return a role's color in one theme: light-dark(one, other), or the same in both."""
    both = re.fullmatch(r"light-dark\((.+?\)?), (.+)\)", ROLES[role])
    return both[1 + THEMES.index(theme)] if both else ROLES[role]


def rgb(text):
    assert re.fullmatch(r"#[0-9a-f]{6}", text), text
    return [int(text[at : at + 2], 16) / 255 for at in (1, 3, 5)]


def of_oklch(text, hue):
    """Convert oklch(lightness chroma var(--cover-hue)) to sRGB, clipped to what a screen can show."""
    lightness, chroma = map(float, re.findall(r"[\d.]+", text)[:2])
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )
    held = [min(1.0, max(0.0, each)) for each in linear]
    return [12.92 * each if each <= 0.0031308 else 1.055 * each ** (1 / 2.4) - 0.055 for each in held]


def luminance(colour):
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in colour]
    return sum(share * each for share, each in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_what_wcag_counts():
    assert contrast(rgb("#000000"), rgb("#ffffff")) == pytest.approx(21)
    assert contrast(rgb("#767676"), rgb("#ffffff")) == pytest.approx(4.54, abs=0.01)
    assert of_oklch("oklch(0.628 0.2577 x", 29.23) == pytest.approx(rgb("#ff0000"), abs=0.01)


@pytest.mark.parametrize("theme", THEMES)
def test_every_role_can_be_read_where_it_stands(theme):
    found = [(over, under, contrast(rgb(value(over, theme)), rgb(value(under, theme))), least)
             for over, under, least in PAIRS]  # fmt: skip
    assert [(over, under, round(ratio, 2)) for over, under, ratio, least in found if ratio < least] == []


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("wave", ["wave", "wave-played"])
def test_a_waveform_is_seen_in_the_hue_of_any_cover(theme, wave):
    drawn = value(wave, theme)
    seen = {
        (hue, surface): contrast(of_oklch(drawn, hue), rgb(value(surface, theme)))
        for hue in range(0, 360, 5)
        for surface in SURFACES
    }
    assert {where: round(ratio, 2) for where, ratio in seen.items() if ratio < SEEN} == {}


def letters_of(file):
    """Return the code points for which a font file is fetched."""
    face = re.search(rf"@font-face {{[^}}]*{file}[^}}]*unicode-range: ([^;]+);", TOKENS)
    bounds = [span.removeprefix("U+").partition("-") for span in face[1].split(", ")]
    return {at for first, _, last in bounds for at in range(int(first, 16), int(last or first, 16) + 1)}


def test_the_letters_of_central_europe_are_a_file_of_their_own():
    """For a letter listed by two files, the browser fetches the later one, even if it lacks the letter:
    French œ fetches none."""
    names = ("manrope-latin.woff2", "manrope-latin-central", "manrope-latin-ext")
    latin, central, extended = map(letters_of, names)
    assert set(map(ord, "ąćęłńśźżčďěňřšťůžőűĺľșțşğİāēģīķļņūėįųŸẞ")) <= central
    assert set(map(ord, "œŒıéßñø")) <= latin
    assert not (latin & central or central & extended)
    assert latin & extended == {0x2020}  # a dagger, which the first file lacks
    assert set(range(0x100, 0x2BB)) <= latin | central | extended


@pytest.mark.parametrize("file", re.findall(r"manrope-[\w-]+\.woff2", TOKENS))
def test_each_file_of_the_typeface_is_there_and_small(file):
    size = (Path(__file__).parents[2] / "static/site/fonts" / file).stat().st_size
    assert 0 < size < (26_000 if file == "manrope-latin.woff2" else 15_000)
