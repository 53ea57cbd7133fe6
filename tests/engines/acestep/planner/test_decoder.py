"""The decoder, compared with the model's own forward pass: no cache, no padding, the whole vocabulary."""

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from audiomusic.engines.acestep.planner.base import PlannerError  # noqa: E402
from audiomusic.engines.acestep.planner.decoder import Decoder  # noqa: E402
from tests.engines.acestep.planner.tiny import make_model  # noqa: E402

ROWS = 300
LONG, SHORT = [5, 6, 7, 8, 9, 10, 11], [20, 21]
EVERY = slice(0, ROWS)


@pytest.fixture(scope="module")
def model():
    return make_model(ROWS)


def plainly(model, tokens):
    return model(input_ids=torch.tensor([tokens])).logits[0, -1]


@torch.inference_mode()
def test_steps_equal_the_plain_model(model):
    decoder = Decoder(model, [LONG], 0, 64)
    written = list(LONG)
    for tokens in ([], [30], [31, 32, 33], [34]):
        decoder.write(tokens)
        written += tokens
        assert torch.allclose(decoder.logits(EVERY)[0], plainly(model, written), atol=1e-4)


@torch.inference_mode()
@pytest.mark.parametrize("prompts", [[LONG, SHORT], [SHORT, LONG], [LONG, LONG[::-1]]])
def test_two_prompts_equal_each_alone(model, prompts):
    decoder = Decoder(model, prompts, 0, 64)
    for tokens in ([], [30], [31, 32, 33]):
        decoder.write(tokens)
        together = decoder.logits(EVERY)
        prompts = [prompt + tokens for prompt in prompts]
        for row, prompt in zip(together, prompts, strict=True):
            assert torch.allclose(row, plainly(model, prompt), atol=1e-4)


@torch.inference_mode()
def test_logits_of_some_rows_are_those_of_all(model):
    decoder = Decoder(model, [LONG], 0, 64)
    every = decoder.logits(EVERY)
    assert torch.allclose(decoder.logits(slice(100, 140)), every[:, 100:140], atol=1e-5)
    assert torch.allclose(decoder.logits(torch.tensor([3, 299])), every[:, [3, 299]], atol=1e-5)


@torch.inference_mode()
def test_keys_and_values_outgrow_their_room(model):
    """The cache grows past its first size, and past its second."""
    decoder = Decoder(model, [SHORT, LONG], 0, 1200)
    written = [number % 250 for number in range(900)]
    decoder.logits(EVERY)
    for start in range(0, 900, 45):
        decoder.write(written[start : start + 45])
        decoder.logits(EVERY)
    assert torch.allclose(decoder.logits(EVERY)[0], plainly(model, SHORT + written), atol=1e-3)


def test_too_long_a_prompt_is_refused(model):
    with pytest.raises(PlannerError, match="reads at most 6 tokens, and this text has 7"):
        Decoder(model, [SHORT, LONG], 0, 6)


def test_writing_past_the_room_is_refused(model):
    decoder = Decoder(model, [LONG], 0, 9)
    assert decoder.room == 2
    decoder.write([1, 2])
    with pytest.raises(PlannerError, match="holds at most 9 tokens"):
        decoder.write([3])
