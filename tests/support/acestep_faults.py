"""Ways in which a folder of weights may be broken, and the words that tell of each."""

import json


def not_a_model(folder):
    (folder / "model_index.json").unlink()


def cut_off(folder):
    [file] = (folder / "transformer").glob("*.safetensors")
    file.write_bytes(file.read_bytes()[:-100])


def without_vocabulary(folder):
    place = folder / "tokenizer" / "tokenizer.json"
    told = json.loads(place.read_text())
    told["model"]["vocab"] = {"<|endoftext|>": 0}
    place.write_text(json.dumps(told))


FAULTS = {
    "not a model": (not_a_model, "no model_index.json"),
    "cut off": (cut_off, "is cut off"),
    "without a vocabulary": (without_vocabulary, "vocabulary is missing"),
}
