"""Ways to break a folder of weights, each with the words that its error message must contain."""

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
