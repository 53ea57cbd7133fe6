"""Languages by their own names."""

import pytest

from audiomusic.engines.languages import languages
from audiomusic.http.pages.language_names import language_name


@pytest.mark.parametrize(
    "code, name", [("es", "Español"), ("zh", "中文"), ("en", "English"), ("tr", "Türkçe"), ("xx", "xx")]
)
def test_a_language_has_its_own_name(code, name):
    assert language_name(code) == name


def test_every_language_that_is_sung_has_one():
    codes = [code for speakers in languages().speakers.values() for code in speakers]
    assert [code for code in codes if language_name(code) == code] == []
