"""Static files are collected at startup if they have changed since the last time."""

import os

import pytest

from audiomusic.server.static_files.collection import FINGERPRINT_FILE, static_collect


@pytest.fixture
def source(settings, tmp_path):
    """The only file among the sources."""
    folder = tmp_path / "sources"
    folder.mkdir()
    file = folder / "page.js"
    file.write_text("one")
    settings.STATICFILES_DIRS = [folder]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATIC_ROOT = tmp_path / "collected"
    return file


def collected(settings):
    return {file.name for file in settings.STATIC_ROOT.iterdir()} - {FINGERPRINT_FILE}


def test_they_are_collected_once(source, settings):
    assert static_collect()
    assert collected(settings) == {"page.js"}
    assert not static_collect()


def test_a_file_of_another_version_is_collected_though_it_is_old(source, settings):
    static_collect()
    new = source.with_name("new.js")
    new.write_text("two")
    os.utime(new, (1, 1))
    assert static_collect()
    assert collected(settings) == {"page.js", "new.js"}
