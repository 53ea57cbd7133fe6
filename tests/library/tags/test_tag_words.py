import pytest

from library.tags.words import TAG_CHARS, TagInvalid, split_line, tag_key, tag_word, tag_words


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("  Road   trip ", "Road trip"),
        ("#gym", "gym"),
        ("cafe\u0301", "café"),
        ("zero\u200bwidth", "zerowidth"),
        ("\u202egnp.exe", "gnp.exe"),  # no tag reverses the text around it
        ("👩\u200d🎤", "👩\u200d🎤"),
        ("x" * TAG_CHARS, "x" * TAG_CHARS),
    ],
)
def test_a_tag_is_kept_as_it_is_read(text, word):
    assert tag_word(text) == word


@pytest.mark.parametrize(
    ("text", "part"),
    [("", "a letter"), (" # ", "a letter"), ("\u200d", "a letter"), ("a,b", "comma"), ("a\x00b", "U+0000")],
)
def test_what_is_no_tag_is_refused(text, part):
    with pytest.raises(TagInvalid, match=part.replace("+", r"\+")):
        tag_word(text)


def test_a_tag_may_be_so_long():
    with pytest.raises(TagInvalid, match="at most 40 characters, got 41"):
        tag_word("x" * (TAG_CHARS + 1))


def test_case_and_width_make_no_other_tag():
    assert tag_key("Ｇｙｍ") == tag_key("gym") == tag_key("GYM") != tag_key("gyms")
    assert tag_words(["Gym", "gym", "Sea"]) == ["Gym", "Sea"]
    assert split_line(" gym, ,Sea , ") == ["gym", "Sea"]
