"""A picture of every page, light and dark, large and on a phone: taken of a running server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from audiomusic.bench.browser import chromium, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, ViewportSize

DESK: ViewportSize = {"width": 1360, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
SETTLE_MS = 900  # covers are drawn, peaks are read
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")


@dataclass(frozen=True)
class Shot:
    """One page to be taken. `song`: the address needs the newest song's number."""

    name: str
    path: str
    is_signed_in: bool = True
    plays: bool = False
    mode: str = "custom"  # of the create form


SHOTS = (
    Shot("library", "/", plays=True),
    Shot("create", "/create"),
    Shot("create-simple", "/create", mode="simple"),
    Shot("queue", "/queue"),
    Shot("track", "/tracks/{song}", plays=True),
    Shot("account", "/account"),
    Shot("admin", "/admin/?range=week"),
    Shot("admin-jobs", "/admin/jobs/job/"),
    Shot("admin-job", "/admin/jobs/job/{song}/change/"),
    Shot("admin-user", "/admin/accounts/user/{user}/change/"),
    Shot("sign-in", "/sign-in", is_signed_in=False),
    Shot("shared", "{shared}", is_signed_in=False),
)
PHONE_SHOTS = ("library", "create-simple", "track", "admin")


@dataclass(frozen=True)
class Sitter:
    """Whose pages are taken, and where."""

    base_url: str
    username: str
    password: str
    song: int  # a song of theirs that is worth a picture
    shared: str = ""  # the path of a page that shares it
    user: int = 0  # their own number


def take_pictures(sitter: Sitter, folder: Path, only: str = "") -> list[Path]:
    """PNG files, named after page and scheme. `only`: a page's name."""
    folder.mkdir(parents=True, exist_ok=True)
    taken = []
    with chromium() as browser:
        for scheme in SCHEMES:
            for shot in SHOTS:
                if only in ("", shot.name) and (sitter.shared or "{shared}" not in shot.path):
                    taken.append(
                        _take(browser, sitter, shot, folder / f"{shot.name}-{scheme}.png", scheme, DESK)
                    )
        for shot in SHOTS:
            if shot.name in PHONE_SHOTS and only in ("", shot.name):
                taken.append(_take(browser, sitter, shot, folder / f"{shot.name}-phone.png", "light", PHONE))
    return taken


def shrink(file: Path) -> None:
    """The picture with 256 colours: no eye misses the others, and a repository keeps every version."""
    from PIL import Image

    with Image.open(file) as picture:
        small = picture.convert("RGB").quantize(
            256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
        )
    small.save(file, optimize=True)


def _take(
    browser: Browser, sitter: Sitter, shot: Shot, file: Path, scheme: Scheme, size: ViewportSize
) -> Path:
    with _visitor(browser, sitter, shot, scheme, size) as page:
        path = shot.path.format(song=sitter.song, shared=sitter.shared, user=sitter.user)
        page.goto(sitter.base_url + path)
        if shot.name.startswith("create"):
            page.locator(f"input[name=mode][value={shot.mode}]").check(force=True)
            page.get_by_role("button", name="Try an example").click()
        if shot.plays:
            page.locator("[data-do=play]").first.click()
            wait_until(page, "document.getElementById('audio').currentTime > 2")
            page.keyboard.press("k")
            page.mouse.move(0, 0)
        page.wait_for_timeout(SETTLE_MS)
        page.evaluate("document.activeElement.blur()")
        page.screenshot(path=file)
    return file


@contextmanager
def _visitor(
    browser: Browser, sitter: Sitter, shot: Shot, scheme: Scheme, size: ViewportSize
) -> Iterator[Page]:
    context = browser.new_context(viewport=size, color_scheme=scheme)
    page = context.new_page()
    if shot.is_signed_in:
        sign_in(page, sitter)
    yield page
    context.close()


def sign_in(page: Page, sitter: Sitter) -> None:
    page.goto(f"{sitter.base_url}/sign-in")
    page.fill("#id_username", sitter.username)
    page.fill("#id_password", sitter.password)
    page.click("button[type=submit]")
    page.wait_for_url(f"{sitter.base_url}/")
