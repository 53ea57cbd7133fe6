"""A picture of every page, light and dark, large and on a phone: taken of a running server."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from audiomusic.devtools.browser import chromium, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, StorageState, ViewportSize

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
class PicturedUser:
    """Whose pages are taken, and where."""

    base_url: str
    username: str
    password: str
    song: int  # a song of theirs that is worth a picture
    shared: str = ""  # the path of a page that shares it
    user: int = 0  # their own number


def take_pictures(pictured: PicturedUser, folder: Path, only: str = "") -> list[Path]:
    """PNG files, named after page and scheme. `only`: a page's name."""
    folder.mkdir(parents=True, exist_ok=True)
    taken = []
    with chromium() as browser:
        signed_in = sign_in(browser, pictured)  # once: tries at a name are counted
        visits: list[tuple[Shot, Scheme, ViewportSize, str]] = [
            *((shot, scheme, DESK, scheme) for scheme in SCHEMES for shot in SHOTS),
            *((shot, "light", PHONE, "phone") for shot in SHOTS if shot.name in PHONE_SHOTS),
        ]
        for shot, scheme, size, suffix in visits:
            if only in ("", shot.name) and (pictured.shared or "{shared}" not in shot.path):
                state = signed_in if shot.is_signed_in else None
                context = browser.new_context(viewport=size, color_scheme=scheme, storage_state=state)
                taken.append(_take(context.new_page(), pictured, shot, folder / f"{shot.name}-{suffix}.png"))
                context.close()
    return taken


def shrink(file: Path) -> None:
    """The picture with 256 colours: no eye misses the others, and a repository keeps every version."""
    from PIL import Image

    with Image.open(file) as picture:
        small = picture.convert("RGB").quantize(
            256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
        )
    small.save(file, optimize=True)


def _take(page: Page, pictured: PicturedUser, shot: Shot, file: Path) -> Path:
    page.goto(
        pictured.base_url + shot.path.format(song=pictured.song, shared=pictured.shared, user=pictured.user)
    )
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


def sign_in(browser: Browser, pictured: PicturedUser) -> StorageState:
    """What a browser keeps that the pictured user has signed in with."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{pictured.base_url}/sign-in")
    page.fill("#id_username", pictured.username)
    page.fill("#id_password", pictured.password)
    page.click("button[type=submit]")
    page.wait_for_url(f"{pictured.base_url}/")
    state = context.storage_state()
    context.close()
    return state
