"""How a realistic tokenizer, with byte pairs learnt from text in many scripts, encodes the prompts."""

import json
import random
from dataclasses import replace

import pytest
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import Qwen2Tokenizer

from audiomusic.devtools.acestep_weights import TINY, save_weights
from audiomusic.engines.acestep.engine import AceStepEngine
from audiomusic.engines.acestep.network.conditions import (
    MOST_LYRIC_TOKENS,
    MOST_TEXT_TOKENS,
    encode_conditions,
    texts_of,
)
from audiomusic.engines.acestep.network.lyric_alignment import lyric_tokens
from audiomusic.engines.acestep.network.model import load_model
from audiomusic.engines.acestep.network.sampler import denoise
from audiomusic.engines.lyrics.pasted import read_pasted
from tests.engines.acestep.test_engine import make, make_request
from tests.engines.acestep.tiny import TURBO, make_song

#: How Qwen's tokenizer splits text before merging byte pairs: words with a leading space, single digits.
CUTS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
LYRICS = "[Verse 1]\nRain's falling down on me\n\n[Chorus]\n夜の街を歩く\nñandú, größer, Привет 🎵 мир"
CAPTION = "warm folk — acoustic guitar, ночной блюз, 静かな"
CORPUS = [
    LYRICS,
    CAPTION,
    "calm piano and warm guitar, the rain is falling, falling down",
    "la la la",
    *"0123",
]
VOCABULARY = 700


def real_tokenizer():
    """Train a tokenizer, with special tokens like the real one's."""
    learning = Tokenizer(models.BPE())
    learning.normalizer = normalizers.NFC()
    learning.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(CUTS), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    learning.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=["<|endoftext|>"], show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )  # fmt: skip
    learning.train_from_iterator(CORPUS * 3, trainer)
    learnt = json.loads(learning.to_str())["model"]
    tokenizer = Qwen2Tokenizer(vocab=learnt["vocab"], merges=[tuple(pair) for pair in learnt["merges"]])
    tokenizer.add_tokens(["<|im_start|>", "<|im_end|>"], special_tokens=True)
    return tokenizer


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights") / "worded-turbo"
    save_weights(folder, size=replace(TINY, text=TINY.text | {"vocab_size": VOCABULARY + 10}))
    for file in (folder / "tokenizer").iterdir():
        file.unlink()
    real_tokenizer().save_pretrained(folder / "tokenizer")
    return folder


@pytest.fixture(scope="module")
def worded(folder):
    return load_model(str(folder), device="cpu")


@pytest.fixture(scope="module")
def engine(folder):
    return AceStepEngine(str(folder), device="cpu")


def ids(model, text):
    return model.pipe.tokenizer(text).input_ids


def test_it_reads_words_and_not_bytes_alone(worded):
    assert len(ids(worded, "falling down")) < 6
    assert len(ids(worded, "<|endoftext|>")) == len(ids(worded, "<|im_end|>")) == 1
    assert worded.pipe.tokenizer.padding_side == "right"


def test_every_script_comes_back_as_it_was_written(worded):
    song = make_song(caption=CAPTION, lyrics=LYRICS, language="ru", bpm=97, keyscale="F# minor")
    for text in texts_of(worded, song):
        assert worded.pipe.tokenizer.decode(ids(worded, text)) == text


def test_prompts_hold_what_the_model_was_trained_on(worded):
    prompt, lyrics = texts_of(
        worded, make_song(caption=CAPTION, lyrics=LYRICS, bpm=97, timesignature="3", keyscale="F# minor")
    )
    assert f"# Caption\n{CAPTION}\n" in prompt
    for meta in ("- bpm: 97", "- timesignature: 3", "- keyscale: F# minor", "- duration: 2 seconds"):
        assert meta in prompt
    assert lyrics == f"# Languages\nen\n\n# Lyric\n{LYRICS}<|endoftext|>"


def test_conditions_are_lyrics_then_timbre_then_words_and_no_padding(worded):
    songs = [make_song(caption="piano"), make_song(caption=CAPTION, lyrics=LYRICS)]
    found = encode_conditions(worded, songs)
    wanted = [sum(len(ids(worded, text)) for text in texts_of(worded, song)) + 1 for song in songs]
    assert found.mask.sum(1).tolist() == wanted
    alone = encode_conditions(worded, songs[:1])
    assert (found.states[0, : wanted[0]] - alone.states[0]).abs().max() < 1e-5


def test_songs_of_different_words_are_each_as_if_alone(worded):
    songs = [make_song(1, caption="piano"), make_song(2, caption=CAPTION, lyrics=LYRICS, duration_s=3.0)]

    def act(songs):
        return denoise(worded, songs, TURBO, on_step=lambda done, total: None, dropped=frozenset)

    together = act(songs)
    for place, song in enumerate(songs):
        assert (together[place] - act([song])[0]).abs().max() < 1e-4


@pytest.mark.parametrize("seed", range(2))
def test_what_is_too_long_loses_its_end_and_never_the_frame_around_it(worded, engine, seed, monkeypatch):
    """Wherever the cut falls: in a word, between the bytes of a character, in an emoji."""
    words = random.Random(seed).choices(
        CORPUS[0].split() + CORPUS[1].split() + ["🎵", "\n", "  ", "x"], k=900
    )
    caption, lyrics = " ".join(words[:300]).strip(), " ".join(words * 2).strip()
    kept = []
    monkeypatch.setattr(
        "audiomusic.engines.acestep.engine.denoise",
        lambda model, songs, *rest, **more: kept.extend(songs) or denoise(model, songs, *rest, **more),
    )
    [result] = make(engine, make_request(caption=caption, lyrics=lyrics, bpm=97.0)).results
    prompt, sung = (ids(worded, text) for text in texts_of(worded, kept[0]))
    assert MOST_TEXT_TOKENS - 8 <= len(prompt) <= MOST_TEXT_TOKENS
    assert MOST_LYRIC_TOKENS - 8 <= len(sung) <= MOST_LYRIC_TOKENS
    assert "- bpm: 97" in worded.pipe.tokenizer.decode(prompt)
    assert sung[-1] == ids(worded, "<|endoftext|>")[0]
    assert caption.startswith(kept[0].caption[:-1])
    read = read_pasted(lyrics).text  # headings are separated from the lines before the model reads them
    assert read.startswith(kept[0].lyrics[:-1])
    assert {"caption", "lyrics"} <= set(result.not_applied) and result.lyrics == read


def test_each_word_of_the_lyrics_has_its_tokens(worded):
    spans, places = lyric_tokens(worded, make_song(lyrics=LYRICS))
    assert places == sorted(places) and len(spans) < len(LYRICS.encode())
    covered = {place for start, stop in spans for place in range(start, stop)}
    assert covered >= {place for place, char in enumerate(LYRICS) if not char.isspace()}
    last = [span for span in spans if span[0] < LYRICS.index("мир") + 3 and span[1] > LYRICS.index("мир")]
    assert last and last[-1][1] == len(LYRICS)
