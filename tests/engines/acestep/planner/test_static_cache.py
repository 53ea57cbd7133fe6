"""A cache with fixed slots gives the model's own results, and a recorded step equals a computed one."""

import contextlib
from functools import partial

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from audiomusic.engines.acestep.planner import static_cache  # noqa: E402
from audiomusic.engines.acestep.planner.decoder import Decoder  # noqa: E402
from audiomusic.engines.acestep.planner.static_cache import StaticCache, StaticCaches  # noqa: E402
from tests.engines.acestep.planner.tiny import make_model  # noqa: E402

ROWS = 300
LONG, SHORT = [5, 6, 7, 8, 9, 10, 11], [20, 21]
EVERY = slice(0, ROWS)


@pytest.fixture(scope="module")
def model():
    return make_model(ROWS)


@pytest.fixture
def caches(model):
    return StaticCaches(model, records=False)


def plainly(model, tokens):
    return model(input_ids=torch.tensor([tokens])).logits[0, -1]


@torch.inference_mode()
@pytest.mark.parametrize("prompts", [[LONG], [LONG, SHORT], [SHORT, LONG, LONG[::-1]]])
def test_steps_equal_the_plain_model(model, caches, prompts):
    decoder = Decoder(model, prompts, 0, 64, caches)
    for tokens in ([], [30], [31, 32, 33], [34], [35]):
        decoder.write(tokens)
        prompts = [prompt + tokens for prompt in prompts]
        for row, prompt in zip(decoder.logits(EVERY), prompts, strict=True):
            assert torch.allclose(row, plainly(model, prompt), atol=1e-4)


@torch.inference_mode()
def test_a_song_that_outgrows_its_cache_takes_it_along(model, caches, monkeypatch):
    monkeypatch.setattr(static_cache, "SIZES", (16, 64))
    decoder = Decoder(model, [LONG, SHORT], 0, 64, caches)
    written = list(range(40, 60))
    for token in written:
        decoder.write([token])
        logits = decoder.logits(EVERY)
    assert torch.allclose(logits[0], plainly(model, LONG + written), atol=1e-4)
    assert torch.allclose(logits[1], plainly(model, SHORT + written), atol=1e-4)


@torch.inference_mode()
def test_the_next_song_finds_the_cache_and_nothing_of_the_last_song(model, caches):
    first = Decoder(model, [LONG * 3], 0, 64, caches)
    first.logits(EVERY)
    cache = first._cache
    del first
    second = Decoder(model, [SHORT], 0, 64, caches)
    assert torch.allclose(second.logits(EVERY)[0], plainly(model, SHORT), atol=1e-4)
    assert second._cache is cache


@torch.inference_mode()
def test_two_songs_at_once_have_a_cache_each(model, caches):
    one, other = Decoder(model, [LONG], 0, 64, caches), Decoder(model, [SHORT], 0, 64, caches)
    for decoder in (one, other, one, other):
        decoder.logits(EVERY)
        decoder.write([30])
    assert torch.allclose(one.logits(EVERY)[0], plainly(model, [*LONG, 30, 30]), atol=1e-4)
    assert torch.allclose(other.logits(EVERY)[0], plainly(model, [*SHORT, 30, 30]), atol=1e-4)


def test_only_so_many_are_kept(model, caches):
    for rows, tokens in ((1, 400), (1, 600), (2, 600), (2, 200), (8, 4000), (1, 300)):
        caches.lend(caches, rows, tokens)
    assert list(caches._kept) == [(2, 1024), (2, 512), (1, 512)]


class Recorder:
    """A stand-in for a CUDA graph. It records a step with the tensors that the step reads and writes, and
    repeats it into the same tensors."""

    now = None  # the graph that is recording
    replays = 0

    def replay(self):
        Recorder.replays += 1
        self.answer.copy_(self.run(*self.asked))


class Stream:
    def wait_stream(self, other):
        pass


@contextlib.contextmanager
def recording(graph, capture_error_mode):
    assert capture_error_mode == "thread_local"  # another thread makes songs at the same time
    Recorder.now = graph
    yield
    Recorder.now = None


@pytest.fixture
def card(monkeypatch):
    run = StaticCache._run

    def noted(cache, *asked):
        answer = run(cache, *asked)
        if Recorder.now is not None:
            Recorder.now.run, Recorder.now.asked, Recorder.now.answer = partial(run, cache), asked, answer
        return answer

    stand_ins = {
        "CUDAGraph": Recorder,
        "Stream": Stream,
        "current_stream": Stream,
        "stream": contextlib.nullcontext,
        "graph": recording,
    }
    for name, stand_in in stand_ins.items():
        monkeypatch.setattr(torch.cuda, name, stand_in)
    monkeypatch.setattr(StaticCache, "_run", noted)
    monkeypatch.setattr(Recorder, "replays", 0)


@torch.inference_mode()
def test_a_recorded_step_reads_what_lies_in_its_places(model, card):
    caches = StaticCaches(model, records=True)
    for prompts in ([LONG, SHORT], [SHORT, LONG[::-1]]):  # the second song replays what the first recorded
        decoder = Decoder(model, prompts, 0, 64, caches)
        kept = [decoder.logits(EVERY)]
        for token in (30, 31, 32):
            decoder.write([token])
            kept.append(decoder.logits(EVERY))
        for row, prompt in enumerate(prompts):
            for count, logits in enumerate(kept):
                assert torch.allclose(logits[row], plainly(model, prompt + [30, 31, 32][:count]), atol=1e-4)
        del decoder
    assert Recorder.replays == 6


@torch.inference_mode()
def test_where_a_card_records_nothing_steps_go_on(model, card, monkeypatch, caplog):
    def refuses(graph, capture_error_mode):
        raise RuntimeError("operation not permitted when stream is capturing")

    monkeypatch.setattr(torch.cuda, "graph", refuses)
    decoder = Decoder(model, [LONG], 0, 64, StaticCaches(model, records=True))
    decoder.write([30])
    decoder.logits(EVERY)
    decoder.write([31])
    assert torch.allclose(decoder.logits(EVERY)[0], plainly(model, [*LONG, 30, 31]), atol=1e-4)
    assert "was not recorded" in caplog.text
