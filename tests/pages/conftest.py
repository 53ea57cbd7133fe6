"""What every page must satisfy: no inline scripts, no inline styles, nothing from other sites."""

import re
from html.parser import HTMLParser

import pytest

from presets.models import Preset

DATA_BLOCK = "application/json"


class _Reader(HTMLParser):
    """A parser that collects what a strict Content-Security-Policy would refuse."""

    def __init__(self):
        super().__init__()
        self.refused = []
        self.open_script = None

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.open_script = attributes if tag == "script" else None
        if tag == "style" or "style" in attributes:
            self.refused.append(self.get_starttag_text())
        if any(name.startswith("on") for name in attributes):
            self.refused.append(self.get_starttag_text())
        for name in ("src", "href"):
            if re.match(r"(https?:)?//|javascript:", attributes.get(name) or ""):
                self.refused.append(self.get_starttag_text())

    def handle_data(self, data):
        is_inline = self.open_script is not None and self.open_script.get("type") != DATA_BLOCK
        if is_inline and data.strip():
            self.refused.append(data)

    def handle_endtag(self, tag):
        self.open_script = None


@pytest.fixture
def refused_by_policy():
    """refused_by_policy(response): the parts of a page that a strict policy would refuse."""

    def read(response):
        reader = _Reader()
        reader.feed(response.content.decode())
        return reader.refused

    return read


@pytest.fixture
def rock(db):
    return Preset.objects.update_or_create(name="Rock", defaults={"label": "Rock", "description": "Loud"})[0]


@pytest.fixture
def browser(client, owner):
    """A browser in which the owner is signed in."""
    client.force_login(owner)
    return client
