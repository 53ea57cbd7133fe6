"""Screenshots of every page of a running server, light and dark, large and on a phone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from audiomusic.devtools.browser import chromium, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, StorageState, ViewportSize

DESK: ViewportSize = {"width": 1360, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
SETTLE_MS = 500  # until covers are drawn and peaks are loaded
PLAY_S = 30.0  # a song's compressed format may have to be encoded first
Scheme = Literal["light", "dark"]
#: (file name suffix, colour scheme, size)
LOOKS: tuple[tuple[str, Scheme, ViewportSize], ...] = (
    ("light", "light", DESK),
    ("dark", "dark", DESK),
    ("phone", "light", PHONE),
)


@dataclass(frozen=True)
class Shot:
    """A page to capture. Names in braces in `path` are places of the demo."""

    name: str
    path: str
    is_signed_in: bool = True
    plays: bool = False
    mode: str = "custom"  # of the create form
    presses: tuple[str, ...] = ()  # keys to press, or selectors to click, before the screenshot


#: Every page that people see. Each one is captured in light, dark and on a phone, checked by axe and walked
#: by `bench pages`.
SHOTS = (
    Shot("library", "/", plays=True),
    Shot("library-selection", "/", presses=(".row-select input",)),
    Shot("search", "/?search=bensd"),
    Shot("smart-list", "/lists/{smart_list}"),
    Shot("create", "/create"),
    Shot("create-simple", "/create", mode="simple"),
    Shot("queue", "/queue"),
    Shot("track", "/tracks/{song}", plays=True),
    Shot("now-playing", "/", plays=True, presses=("o",)),
    Shot("lyrics", "/", plays=True, presses=("l",)),
    Shot("track-cover", "/tracks/{song}/cover"),
    Shot("rework", "/tracks/{song}/work"),
    Shot("stems", "/tracks/{song}/stems"),
    Shot("compare", "/tracks/{song}/compare/{other}"),
    Shot("score", "/tracks/{song}/score"),
    Shot("playlists", "/playlists"),
    Shot("playlist", "/playlists/{playlist}"),
    Shot("uploads", "/uploads"),
    Shot("account", "/account"),
    Shot("webhooks", "/account/webhooks"),
    Shot("admin", "/admin/?range=week"),
    Shot("admin-jobs", "/admin/jobs/job/"),
    Shot("admin-job", "/admin/jobs/job/{song}/change/"),
    Shot("admin-users", "/admin/accounts/user/"),
    Shot("admin-user", "/admin/accounts/user/{user}/change/"),
    Shot("admin-preset", "/admin/presets/preset/{preset}/change/"),
    Shot("admin-ledger", "/admin/accounts/creditentry/"),
    Shot("library-compact", "/?view=compact"),  # the last of the signed-in pages, because the choice persists
    Shot("sign-in", "/sign-in", is_signed_in=False),
    Shot("shared", "{shared}", is_signed_in=False),
    Shot("shared-playlist", "{shared_playlist}", is_signed_in=False),
    Shot("dead-link", "/s/nothing-of-the-kind", is_signed_in=False),
    Shot("not-found", "/nowhere"),
    Shot("offline", "/offline", is_signed_in=False),
)
ERRORS = {"dead-link": 404, "not-found": 404}  # pages that return an error on purpose


@dataclass(frozen=True)
class PicturedUser:
    """The user whose pages are captured, and the server."""

    base_url: str
    username: str
    password: str
    places: Mapping[str, str]

    def address(self, shot: Shot) -> str:
        return self.base_url + shot.path.format(**self.places)


def take_pictures(pictured: PicturedUser, folder: Path, only: str = "") -> list[Path]:
    """Return PNG files named after page and look. `only` is a page's name."""
    folder.mkdir(parents=True, exist_ok=True)
    shots = [shot for shot in SHOTS if only in ("", shot.name)]
    taken = []
    with chromium() as browser:
        signed_in = sign_in(browser, pictured)  # only once, because sign-in attempts are limited
        for suffix, scheme, size in LOOKS:
            for state in (signed_in, None):
                context = browser.new_context(viewport=size, color_scheme=scheme, storage_state=state)
                page = context.new_page()  # one for all pages of this look, so files stay cached
                for shot in shots:
                    if shot.is_signed_in == (state is not None):
                        taken.append(_take(page, pictured, shot, folder / f"{shot.name}-{suffix}.png"))
                context.close()
    return taken


def shrink(file: Path) -> None:
    """Reduce the picture to 256 colours: the loss is not visible, and a repository keeps every version."""
    from PIL import Image

    with Image.open(file) as picture:
        small = picture.convert("RGB").quantize(
            256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
        )
    small.save(file, optimize=True)


def _take(page: Page, pictured: PicturedUser, shot: Shot, file: Path) -> Path:
    page.goto(pictured.address(shot))
    make_ready(page, shot)
    page.wait_for_timeout(SETTLE_MS)
    page.evaluate("document.activeElement.blur()")
    page.screenshot(path=file)
    return file


def make_ready(page: Page, shot: Shot) -> None:
    """Do what a user of the page would do first."""
    if shot.name.startswith("create"):
        page.locator(f"input[name=mode][value={shot.mode}]").check(force=True)
        page.get_by_role("button", name="Try an example").first.click()
    if shot.plays:
        page.locator("[data-do=play]").first.click()
        wait_until(page, "document.getElementById('audio').currentTime > 2", timeout_s=PLAY_S)
        page.keyboard.press("k")
        page.mouse.move(0, 0)
    for press in shot.presses:
        if len(press) == 1:
            page.keyboard.press(press)
        else:
            page.locator(press).first.evaluate("(control) => control.click()")  # a phone may hide it


def sign_in(browser: Browser, pictured: PicturedUser) -> StorageState:
    """Sign in as the user, and return the browser's storage state."""
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
