"""The machine's own Chromium, controlled by Playwright, for screenshots and tests of the pages."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NAMES = ("chromium", "chromium-browser", "google-chrome")
#: The same engine without a window; each new page takes 0.6 s less of a core. It cannot install a page as an
#: app.
SHELL = "chromium-headless-shell"
#: No sandbox, which needs rights that a container does not have. The other flags prevent background network
#: requests, and allow music to play without a click.
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required",
    "--mute-audio", "--force-color-profile=srgb", "--hide-scrollbars",
)  # fmt: skip


def find_chromium(*, whole: bool = True) -> str | None:
    """Return its path, or None if it is not installed. `whole` excludes the headless shell."""
    names = NAMES if whole else (SHELL, *NAMES)
    return next(filter(None, map(shutil.which, names)), None)


@contextmanager
def chromium(*, whole: bool = True) -> Iterator[Browser]:
    """Yield a headless browser. Raises FileNotFoundError if there is none."""
    from playwright.sync_api import sync_playwright

    path = find_chromium(whole=whole)
    if path is None:
        raise FileNotFoundError(f"Expected one of {', '.join(NAMES)} on this machine, got none.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


def wait_until(page: Page, expression: str, timeout_s: float = 8.0) -> None:
    """Wait until a JavaScript expression is true. Raises TimeoutError that names the expression.

    Playwright's own function needs `eval`, which the pages' policy forbids.
    """
    deadline = time.monotonic() + timeout_s
    while not page.evaluate(expression):
        if time.monotonic() > deadline:
            raise TimeoutError(f"Expected {expression} within {timeout_s:g} s at {page.url}.")
        page.wait_for_timeout(50)
