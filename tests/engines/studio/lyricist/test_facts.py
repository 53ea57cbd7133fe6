"""The facts of a sentence appear in its song: held-out sentences, in every supported language."""

import pytest

from audiomusic.engines.studio.lyricist import write_lyrics

from .sentences import holds, hook_of, load, missing

SETS = {name: load(f"{name}.toml") for name in ("sentences", "sentences_unseen", "sentences_last")}
SENTENCES = [sentence for sentences in SETS.values() for sentence in sentences]
SEEDS = range(3)
LEAST_SHARE = 0.85


def write(sentence, seed=0):
    return write_lyrics(sentence.query, kind="song", language=sentence.language, duration_s=180, seed=seed)


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("language", ["en", "es", "fr", "de", "pt", "it"])
def test_the_words_of_the_sentence_are_sung(language, name):
    asked = [(sentence, seed) for sentence in SETS[name] if sentence.language == language for seed in SEEDS]
    wanted = sum(len(sentence.words) for sentence, _ in asked)
    left_out = {(s.query, seed): missing(s, write(s, seed)) for s, seed in asked}
    assert wanted >= 50
    share = 1 - sum(map(len, left_out.values())) / wanted
    assert share >= LEAST_SHARE, {query: words for query, words in left_out.items() if words}


@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda sentence: sentence.query[:40])
def test_what_it_is_about_stands_in_title_and_hook(sentence):
    written = write(sentence)
    assert any(holds(written.title, word) for word in sentence.main), written.title
    assert any(holds(hook_of(written.lyrics), word) for word in sentence.main), hook_of(written.lyrics)
