"""Running out of memory: how it is reported, and that the failed attempt leaves nothing allocated."""

import gc
import weakref

import pytest
import torch

from audiomusic.engines.acestep import engine as engines
from audiomusic.engines.acestep import memory
from audiomusic.engines.acestep.engine import AceStepEngine
from audiomusic.engines.acestep.memory import explain_out_of_memory, is_out_of_memory, release_tensors
from audiomusic.engines.acestep.network import sampler
from audiomusic.engines.base import AudioTask, Cancelled, EngineError
from tests.engines.acestep.test_engine import Desk, make_request, noise

FULL = {
    "torch": (torch.OutOfMemoryError, "CUDA out of memory. Tried to allocate 2.00 GiB."),
    "the card": (RuntimeError, "CUDA error: out of memory"),
    "cuBLAS": (RuntimeError, "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    "the machine": (RuntimeError, "[enforce fail] DefaultCPUAllocator: can't allocate memory"),
}


@pytest.fixture(scope="module")
def engine(turbo_folder):
    return AceStepEngine(str(turbo_folder), device="cpu")


@pytest.fixture
def no_collector():
    """Disable the cycle collector, so that tensors in reference cycles are still there at the next
    attempt."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("teller", FULL)
def test_running_out_of_memory_is_said_in_our_own_words(teller):
    kind, words = FULL[teller]
    assert is_out_of_memory(kind(words))
    with pytest.raises(EngineError, match="does not fit") as caught, explain_out_of_memory():
        raise kind(words)
    assert caught.value.code == "out_of_memory"


def test_other_mistakes_stay_what_they_are():
    assert not is_out_of_memory(ValueError("out of memory"))
    with pytest.raises(RuntimeError, match="mat1 and mat2"), explain_out_of_memory():
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")


def test_an_error_lets_go_of_all_that_led_to_it(no_collector):
    kept = []

    def inner():
        large = torch.ones(3)
        kept.append(weakref.ref(large))
        raise KeyError("first")

    def outer():
        also = torch.ones(3)
        kept.append(weakref.ref(also))
        try:
            inner()
        except KeyError:
            raise ValueError("second")  # noqa: B904  # what came first hangs on it as its context

    try:
        outer()
    except ValueError as error:
        told = error
    assert all(reference() is not None for reference in kept)
    release_tensors(told)
    assert all(reference() is None for reference in kept)


@pytest.mark.parametrize("kind", [torch.OutOfMemoryError, RuntimeError, ZeroDivisionError])
def test_a_failed_batch_is_gone_when_its_halves_begin(kind, engine, no_collector, monkeypatch):
    tried, alive = [], []

    def full(model, latents, *rest):
        alive.append(sum(reference() is not None for reference in tried))
        if len(latents) > 1:
            states = torch.ones(len(latents), 100)
            tried.extend([weakref.ref(latents), weakref.ref(states)])
            raise kind(FULL["the card"][1])
        return predict(model, latents, *rest)

    predict = sampler._predict
    monkeypatch.setattr(sampler, "_predict", full)
    desks = [Desk(), Desk()]
    engine.generate_batch([desk.order(make_request(seeds=(seed,))) for seed, desk in enumerate(desks)])
    assert [len(desk.takes) for desk in desks] == [1, 1]
    assert len(tried) == 2 and set(alive) == {0}


def test_what_fails_alone_leaves_nothing_on_its_error(engine, no_collector, monkeypatch):
    kept = []

    def full(model, song, latents, *rest, **more):
        kept.append(weakref.ref(latents))
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(engines.vae, "decode", lambda model, latents, samples: full(model, None, latents))
    monkeypatch.setattr(engines, "ALL_CORES", 99)  # decode at once, as on a GPU
    desk = Desk()
    engine.generate_batch([desk.order(make_request())])
    assert desk.errors[0].code == "out_of_memory" and desk.errors[0].__traceback__ is None
    assert [reference() for reference in kept] == [None]


def test_a_source_that_does_not_fit_is_told_so(engine, monkeypatch):
    def full(*args):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(engines.vae, "encode", full)
    desk = Desk()
    engine.generate_batch([desk.order(make_request(), AudioTask(task="cover", source=noise(1.0)))])
    assert desk.errors[0].code == "out_of_memory"


class Lost:
    """A device that no longer responds."""

    def __call__(self, *args, **kwargs):
        raise torch.AcceleratorError("CUDA error: device-side assert triggered")


def test_a_lost_card_ends_the_process_and_no_song(turbo_folder, monkeypatch, caplog):
    left = []
    engine = AceStepEngine(str(turbo_folder), device="cpu", leave=lambda: left.append("left"))
    assert engine.model
    monkeypatch.setattr(sampler, "_predict", Lost())
    monkeypatch.setattr(memory.torch, "zeros", Lost())
    desks = [Desk(), Desk(), Desk()]
    requests = [make_request(), make_request(seeds=(8,)), make_request(options={"inference_steps": 3})]
    engine.generate_batch([desk.order(request) for desk, request in zip(desks, requests, strict=True)])
    assert all(isinstance(desk.errors[0], Cancelled) for desk in desks)  # they return to the queue
    assert left == ["left"] and caplog.text.count("answers no more") == 1


def test_a_kernel_that_fails_costs_its_own_song_alone(turbo_folder, monkeypatch):
    left = []
    engine = AceStepEngine(str(turbo_folder), device="cpu", leave=lambda: left.append("left"))
    monkeypatch.setattr(sampler, "_predict", Lost())  # but the card still responds
    desk = Desk()
    engine.generate_batch([desk.order(make_request())])
    assert isinstance(desk.errors[0], torch.AcceleratorError) and not left
