"""The pages' modules insert data only as text, and stay small."""

import re

import pytest
from django.conf import settings

STATIC = settings.BASE_DIR / "static"
MODULES = sorted([*(STATIC / "library").rglob("*.js"), *(STATIC / "site").glob("*.js")])
UNSAFE = re.compile(
    r"\.innerHTML|\.outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|\.style\b"
)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_it_never_writes_markup(module):
    assert UNSAFE.findall(module.read_text()) == []


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_it_goes_to_no_address_outside_the_prefix(module):
    """`siteUrl` knows the site's prefix; the API client knows the API's."""
    assert re.findall(r"""(?:visit|fetch|refresh|assign)\(["'`]/.*|(?:href|src|action)(?: =|:) ["'`]/.*""",
                      re.sub(r"/\*\*.*\*/", "", module.read_text())) == []  # fmt: skip


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_it_stays_small(module):
    assert len(module.read_text().splitlines()) < 300


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_what_it_imports_is_there(module):
    named = re.findall(r'from "([^"]+)"', module.read_text())
    assert [name for name in named if not (module.parent / name).resolve().is_file()] == []
