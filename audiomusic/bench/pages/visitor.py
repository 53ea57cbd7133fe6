"""A browser that is signed in to a scratch server and collects the pages' console messages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from audiomusic.devtools.browser import chromium
from audiomusic.devtools.scratch_server import ScratchServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

PASSWORD = "only for this measurement"
SIZE = {"width": 1280, "height": 800}
SET_PASSWORD = (
    "from audiomusic.accounts.models import User;"
    "user = User.objects.get(username={user!r}); user.set_password({password!r});"
    "user.is_staff = user.is_superuser = True; user.save()"
)


@dataclass
class PageVisitor:
    """A window and its browser."""

    browser: Browser
    context: BrowserContext
    page: Page
    base_url: str
    complaints: list[str] = field(default_factory=list)

    def mind(self, page: Page) -> Page:
        """Collect the errors and warnings in the page's console."""
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        return page

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.location.get('url', '')}: {message.text}")


@contextmanager
def visit(server: ScratchServer, path: str = "/", user: str = "scratch") -> Iterator[PageVisitor]:
    """Yield a browser at `path`, signed in as `user`, who becomes staff."""
    server.manage("shell", "-v0", "-c", SET_PASSWORD.format(user=user, password=PASSWORD))
    with chromium() as browser:
        context = browser.new_context(viewport={"width": SIZE["width"], "height": SIZE["height"]})
        page = context.new_page()
        visitor = PageVisitor(browser, context, page, server.base_url)
        visitor.mind(page)
        page.goto(f"{server.base_url}/sign-in")
        page.fill("#id_username", user)
        page.fill("#id_password", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_url(f"{server.base_url}/")
        page.goto(server.base_url + path)
        yield visitor
        context.close()
