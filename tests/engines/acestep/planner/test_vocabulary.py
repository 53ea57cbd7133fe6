import pytest

pytest.importorskip("transformers")

from audiomusic.engines.acestep.planner import vocabulary  # noqa: E402
from audiomusic.engines.acestep.planner.base import PlannerError  # noqa: E402
from audiomusic.engines.acestep.planner.vocabulary import (  # noqa: E402
    MARKS,
    VocabularyError,
    build_trie,
    read_vocabulary,
)
from tests.engines.acestep.planner.tiny import CODES, make_tokenizer  # noqa: E402


def test_where_the_codes_lie_is_read_off_the_tokenizer():
    words = read_vocabulary(make_tokenizer())
    assert words.code_count == CODES
    assert words.encode("<|audio_code_0|><|audio_code_7|>") == words.code_ids([0, 7])
    assert words.code_ids([0]) == [words.first_code]
    assert words.encode("<|im_end|>") == [words.turn_end]
    assert words.decode(words.encode("<think>\nbpm: 120\n</think>")) == "<think>\nbpm: 120\n</think>"


def test_codes_beyond_the_codebook_are_not_used(monkeypatch):
    monkeypatch.setattr(vocabulary, "CODEBOOK_SIZE", 30)
    words = read_vocabulary(make_tokenizer())
    assert words.code_count == 30
    with pytest.raises(PlannerError, match="wanted 0 to 29, got 30"):
        words.code_ids([3, 30])


def test_marks_and_texts():
    words = read_vocabulary(make_tokenizer())
    assert len(words.texts) == words.first_code
    assert words.texts[words.encode(".\n")[0]] == ".\n"
    assert words.marks == {words.encode(mark)[0] for mark in MARKS}


@pytest.mark.parametrize(
    ("wishes", "sentence"),
    [
        ({"codes": ()}, "has no audio codes"),
        ({"codes": (0, 1, 3)}, "with gaps"),
        ({"codes": (1, 0, 2)}, "with gaps"),
        ({"codes": (1, 2)}, "with gaps"),
        ({"marks": MARKS[:-1]}, "lacks the special token\\(s\\) </think>$"),
        ({"marks": ()}, "lacks the special token\\(s\\) <\\|im_start\\|>, <\\|im_end\\|>, <think>, </think>"),
    ],
)
def test_refuses_another_models_tokenizer(wishes, sentence):
    with pytest.raises(VocabularyError, match=sentence):
        read_vocabulary(make_tokenizer(**wishes))


def test_refuses_a_tokenizer_whose_files_were_missing():
    from transformers import Qwen2Tokenizer

    with pytest.raises(VocabularyError, match="has 1 token\\(s\\), wanted more than 100"):
        read_vocabulary(Qwen2Tokenizer())


def test_refuses_marks_behind_the_codes():
    tokenizer = make_tokenizer(marks=MARKS[:-1])
    tokenizer.add_tokens(["</think>"], special_tokens=True)
    with pytest.raises(VocabularyError, match="behind its audio codes"):
        read_vocabulary(tokenizer)


def test_a_trie_ends_in_empty_nodes():
    assert build_trie([(1, 2), (1, 3), (4,)]) == {1: {2: {}, 3: {}}, 4: {}}
