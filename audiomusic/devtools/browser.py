"""The machine's own Chromium, driven by Playwright: for pictures and tests of the pages."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NAMES = ("chromium", "chromium-browser", "google-chrome")
#: The same engine without a window, for which each new page pays 0.6 s of a core. No page can be installed.
SHELL = "chromium-headless-shell"
#: No sandbox: it needs rights that a container does not give. The others keep it from calling home, and
#: let music play that nobody has clicked for.
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required",
    "--mute-audio", "--force-color-profile=srgb", "--hide-scrollbars",
)  # fmt: skip


def find_chromium(*, whole: bool = True) -> str | None:
    """Its path, or None where it is not installed. `whole`: not the shell, even if it is there."""
    names = NAMES if whole else (SHELL, *NAMES)
    return next(filter(None, map(shutil.which, names)), None)


@contextmanager
def chromium(*, whole: bool = True) -> Iterator[Browser]:
    """A browser without a window. Raises FileNotFoundError where there is none."""
    from playwright.sync_api import sync_playwright

    path = find_chromium(whole=whole)
    if path is None:
        raise FileNotFoundError(f"Expected one of {', '.join(NAMES)} on this machine, got none.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


def wait_until(page: Page, expression: str, timeout_s: float = 8.0) -> None:
    """Until a JavaScript expression is true. (Playwright's own way needs `eval`, which the pages' policy
    forbids.) Raises TimeoutError telling what was waited for."""
    deadline = time.monotonic() + timeout_s
    while not page.evaluate(expression):
        if time.monotonic() > deadline:
            raise TimeoutError(f"Expected {expression} within {timeout_s:g} s at {page.url}.")
        page.wait_for_timeout(50)
