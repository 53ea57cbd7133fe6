"""`python -m audiomusic.devtools.icons`: draws the home screen icons from the product's logo with Chromium,
into static/site/icons. They are committed; run it when the logo changes.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from audiomusic.devtools.browser import chromium

SITE = Path(__file__).resolve().parent.parent.parent / "static" / "site"
INK = "#15171a"
MARK_SIZE = 64  # of the drawing


class Icon(NamedTuple):
    """An icon file. `room` is the logo's share of the square; `is_cut` means that phones crop it to their own
    shape.
    """

    name: str
    size_px: int
    room: float = 1.0
    is_cut: bool = False


ICONS = (
    Icon("icon-192", 192),
    Icon("icon-512", 512),
    Icon("maskable-512", 512, 0.8, is_cut=True),
    Icon("apple-touch-icon", 180, 0.92, is_cut=True),
)


def icons_draw(folder: Path = SITE / "icons") -> list[Path]:
    """Draw all icons as PNG, and return their paths."""
    mark = (SITE / "favicon.svg").read_text(encoding="utf-8")
    inner = mark[mark.index(">") + 1 : mark.rindex("</svg>")]
    folder.mkdir(exist_ok=True)
    drawn = []
    with chromium() as browser:
        for icon in ICONS:
            page = browser.new_page(viewport={"width": icon.size_px, "height": icon.size_px})
            page.set_content(_drawing(inner, icon))
            file = folder / f"{icon.name}.png"
            page.screenshot(path=file, omit_background=not icon.is_cut)
            page.close()
            with Image.open(file) as picture:
                small = picture.quantize(64, method=Image.Quantize.FASTOCTREE)
            small.save(file, optimize=True)
            drawn.append(file)
    return drawn


def _drawing(inner: str, icon: Icon) -> str:
    around = MARK_SIZE * (1 - icon.room) / 2
    place = f"translate({around} {around}) scale({icon.room})"
    ground = f'<rect width="64" height="64" fill="{INK}"/>' if icon.is_cut else ""
    return (
        "<style>body{margin:0}svg{display:block;width:100vw;height:100vh}</style>"
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">{ground}'
        f'<g transform="{place}">{inner}</g></svg>'
    )


if __name__ == "__main__":
    for file in icons_draw():
        sys.stdout.write(f"{file} {file.stat().st_size} bytes\n")
