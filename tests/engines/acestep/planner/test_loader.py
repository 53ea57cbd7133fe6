"""Each reason why a folder cannot plan has its own message."""

import json
import shutil

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from safetensors.torch import load_file, save_file  # noqa: E402

from audiomusic.engines.acestep.planner.base import PlannerError, PlanRequest  # noqa: E402
from audiomusic.engines.acestep.planner.loader import load_planner  # noqa: E402
from tests.engines.acestep.planner.tiny import CONTEXT_TOKENS, make_model, save_planner  # noqa: E402

REQUEST = PlanRequest(seed=3, bpm=100, plan_caption=False)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    return save_planner(tmp_path_factory.mktemp("saved"))


@pytest.fixture
def folder(saved, tmp_path):
    return shutil.copytree(saved, tmp_path / "planner")


def refused(folder, **wishes):
    with pytest.raises(PlannerError) as caught:
        load_planner(folder, **wishes)
    return str(caught.value)


def test_loads_what_was_saved(saved):
    loaded = load_planner(saved)
    assert loaded.context_tokens == CONTEXT_TOKENS
    assert loaded.model.lm_head.weight.dtype == torch.float32
    assert not loaded.model.training
    assert loaded.plan(REQUEST).bpm == 100


def test_loads_keys_without_their_prefix(folder, saved):
    """The published checkpoints have such keys."""
    tensors = load_file(folder / "model.safetensors")
    bare = {name.removeprefix("model."): tensor for name, tensor in tensors.items()}
    assert bare.keys() != tensors.keys()
    save_file(bare, folder / "model.safetensors", metadata={"format": "pt"})
    assert load_planner(folder).plan(REQUEST) == load_planner(saved).plan(REQUEST)


def test_loads_in_half_the_precision(saved):
    loaded = load_planner(saved, dtype="bfloat16", context_tokens=500)
    assert loaded.model.lm_head.weight.dtype == torch.bfloat16
    assert loaded.context_tokens == 500
    assert loaded.plan(REQUEST).timesignature


def test_no_folder(tmp_path):
    assert refused(tmp_path / "nowhere").endswith("nowhere does not exist")


def test_no_config(tmp_path):
    assert refused(tmp_path).endswith("is no language model: it has no config.json")


def test_broken_config(folder):
    (folder / "config.json").write_text("{")
    assert "config.json cannot be read" in refused(folder)


@pytest.mark.parametrize(("config", "found"), [({"model_type": "llama"}, "'llama'"), ([], "'list'")])
def test_another_model(folder, config, found):
    (folder / "config.json").write_text(json.dumps(config))
    assert refused(folder).endswith(f"wanted a qwen3 language model, found {found}")


def test_no_tokenizer(folder):
    for file in folder.glob("*token*"):
        file.unlink()
    assert "wanted more than 100: its files are missing or cut short" in refused(folder)


def test_broken_tokenizer(folder):
    (folder / "tokenizer.json").write_text("{")
    assert "the tokenizer cannot be loaded" in refused(folder)


def test_no_weights(folder):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    assert refused(folder).endswith("holds no weights as safetensors; other kinds are not read")


def test_truncated_weights(folder):
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    assert "the weights cannot be loaded" in refused(folder)


def test_missing_tensor(folder):
    tensors = load_file(folder / "model.safetensors")
    del tensors["model.layers.1.mlp.up_proj.weight"]
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    assert refused(folder).endswith(
        "lack 1 of the model's tensors, the first model.layers.1.mlp.up_proj.weight"
    )


def test_model_without_the_tokenizers_codes(tmp_path):
    folder = save_planner(tmp_path, model=make_model(280))
    assert refused(folder).endswith(
        "the tokenizer has 311 tokens up to its last audio code, the model only 280: they are not of one kind"
    )


@pytest.mark.parametrize("dtype", ["int8", "float", "relu", torch.int32])
def test_no_number_format(saved, dtype):
    if dtype == "float":
        assert load_planner(saved, dtype=dtype).model.lm_head.weight.dtype == torch.float32
    else:
        assert "dtype: wanted float32, bfloat16 or float16" in refused(saved, dtype=dtype)
