"""The form of an answer holds, whatever the model prefers and however the tokenizer splits it."""

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from audiomusic.engines.acestep.planner.answers import make_answer, thought_words  # noqa: E402
from audiomusic.engines.acestep.planner.base import PlanRequest, TokenSampling  # noqa: E402
from audiomusic.engines.acestep.planner.fields import FIELDS, given_words  # noqa: E402
from audiomusic.engines.acestep.planner.sampling import generator  # noqa: E402
from audiomusic.engines.acestep.planner.script import Scripts  # noqa: E402
from audiomusic.engines.acestep.planner.vocabulary import read_vocabulary  # noqa: E402
from audiomusic.engines.acestep.planner.writer import Writer  # noqa: E402
from tests.engines.acestep.planner.tiny import make_tokenizer  # noqa: E402

BYTES = Scripts(read_vocabulary(make_tokenizer(merges=())))
MERGED = Scripts(read_vocabulary(make_tokenizer()))
NAMES = tuple(FIELDS)


class WildDecoder:
    """A model that says anything and strongly prefers some tokens."""

    device = "cpu"

    def __init__(self, seed, rows, room=2000):
        self.rng = torch.Generator().manual_seed(seed)
        self.liking = torch.randn(rows, generator=self.rng) * 12
        self.room = room
        self.tokens = []

    def write(self, tokens):
        self.tokens += tokens
        self.room -= len(tokens)

    def logits(self, rows):
        liking = self.liking[rows]
        return (liking + 6 * torch.randn(liking.shape, generator=self.rng))[None]


def write(scripts, seed, request, fields=NAMES, room=2000):
    """Return the tokens written, the words found and the words given."""
    vocabulary = scripts.vocabulary
    decoder = WildDecoder(seed, vocabulary.first_code + vocabulary.code_count, room)
    writer = Writer(decoder, vocabulary, scripts.masks, request.sampling, generator(seed))
    words, problems = given_words(request)
    assert not problems
    found = writer.think(scripts.think_block(request, fields, words), lambda share: None)
    return decoder.tokens, found, words


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    scripts=st.sampled_from([BYTES, MERGED]),
    sampling=st.builds(
        TokenSampling, temperature=st.sampled_from([0, 0.3, 0.85, 2]), top_p=st.sampled_from([0, 0.5, 1])
    ),
    bpm=st.none() | st.integers(30, 300),
    duration_s=st.none() | st.floats(1, 600),
    keyscale=st.none() | st.sampled_from(["C Major", "F# minor", "Bb Minor"]),
    language=st.none() | st.sampled_from(["en", "yue", "no"]),
    timesignature=st.none() | st.sampled_from(["2/4", "6/8"]),
    max_duration_s=st.floats(5, 600),
)
def test_whatever_the_model_says_the_answer_can_be_read(seed, scripts, sampling, max_duration_s, **wishes):
    request = PlanRequest(seed=seed, sampling=sampling, max_duration_s=max_duration_s, **wishes)
    tokens, found, words = write(scripts, seed, request)
    text = scripts.vocabulary.decode(tokens)

    assert text.startswith("<think>\n")
    assert text.endswith("\n</think>")
    assert "`" not in text
    assert not [token for token in tokens[1:-1] if token in scripts.vocabulary.marks]
    answer = make_answer(request, given=words, found=found, asked=NAMES)
    assert answer.unread.keys() <= {"caption", "genres"}  # bytes may not form valid characters
    assert answer.bpm in range(30, 301)
    assert answer.keyscale
    assert answer.language
    assert answer.timesignature in ("2/4", "3/4", "4/4", "6/8")
    if wishes["duration_s"] is None:
        assert min(10, int(max_duration_s)) <= answer.duration_s <= max_duration_s
    for name, value in wishes.items():
        if value is not None:
            assert name.removesuffix("_s") in answer.given
            if name in ("duration_s", "bpm"):
                assert getattr(answer, name) == value


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), scripts=st.sampled_from([BYTES, MERGED]))
def test_the_words_found_are_those_written(seed, scripts):
    """A reader of the plain text finds the same short fields, so the caption cannot forge one."""
    tokens, found, _ = write(scripts, seed, PlanRequest(seed=seed))
    text = scripts.vocabulary.decode(tokens)
    names = [line.split(":")[0] for line in text.split("\n") if line and line[0].isalpha() and ":" in line]
    assert [name for name in names if name in FIELDS] == list(NAMES)
    assert {name: word.strip() for name, word in thought_words(text).items() if FIELDS[name].values} == {
        name: word for name, word in found.items() if FIELDS[name].values
    }


def test_fields_that_are_not_asked_are_left_out():
    tokens, found, _ = write(MERGED, 1, PlanRequest(seed=1, bpm=120), fields=("bpm", "timesignature"))
    text = MERGED.vocabulary.decode(tokens)
    assert text == f"<think>\nbpm: 120\ntimesignature: {found['timesignature']}\n</think>"


def test_forced_words_are_cut_as_the_tokenizer_cuts_the_line():
    tokens, _, _ = write(
        MERGED, 1, PlanRequest(seed=1, bpm=120, keyscale="C Major"), fields=("bpm", "keyscale")
    )
    assert tokens == MERGED.vocabulary.encode("<think>\nbpm: 120\nkeyscale: C major\n</think>")


def test_a_caption_ends_where_its_room_ends():
    class Talker(WildDecoder):
        def logits(self, rows):
            likes = torch.zeros(self.liking.shape)
            likes[MERGED.vocabulary.encode("x")] = 50
            return likes[rows][None]

    decoder = Talker(1, len(MERGED.vocabulary.tokenizer))
    request = PlanRequest(seed=1)
    writer = Writer(decoder, MERGED.vocabulary, MERGED.masks, request.sampling, generator(1))
    found = writer.think(MERGED.think_block(request, ("caption",), {}), lambda share: None)
    assert found["caption"] == "x" * 512
    assert MERGED.vocabulary.decode(decoder.tokens).endswith("xxx\n</think>")
    decoder.room, decoder.tokens = 200, []
    assert (
        writer.think(MERGED.think_block(request, ("caption",), {}), lambda share: None)["caption"] == "x" * 62
    )


def test_a_caption_goes_on_over_indented_lines_alone():
    """The model wants to write two lines, the second indented, and then a new field."""
    wanted = " one.\n  two\nduration"

    class Dictated(WildDecoder):
        def logits(self, rows):
            said = MERGED.vocabulary.decode(self.tokens).removeprefix("<think>\ncaption:")
            following = MERGED.vocabulary.encode(wanted[len(said) :])
            likes = torch.zeros(self.liking.shape)
            likes[following[0]] = 50
            return likes[rows][None]

    decoder = Dictated(1, len(MERGED.vocabulary.tokenizer))
    request = PlanRequest(seed=1)
    writer = Writer(decoder, MERGED.vocabulary, MERGED.masks, request.sampling, generator(1))
    found = writer.think(MERGED.think_block(request, ("caption",), {}), lambda share: None)
    assert found["caption"] == " one.\n  two\n"
    assert MERGED.vocabulary.decode(decoder.tokens) == "<think>\ncaption: one.\n  two\n</think>"


def test_language_is_chosen_without_chance():
    request = PlanRequest(seed=1, sampling=TokenSampling(temperature=2, top_p=1))
    decoder = WildDecoder(3, len(MERGED.vocabulary.tokenizer))
    decoder.logits = lambda rows: decoder.liking[rows][None]
    words = set()
    for seed in range(8):
        writer = Writer(decoder, MERGED.vocabulary, MERGED.masks, request.sampling, generator(seed))
        found = writer.think(MERGED.think_block(request, ("language", "bpm"), {}), lambda share: None)
        words.add(found["language"])
    assert len(words) == 1
