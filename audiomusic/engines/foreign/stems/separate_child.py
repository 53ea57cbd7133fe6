"""The process that separates one file: `python -m …stems.separate_child WAV FOLDER MODEL PART…`. It is
separate from the worker for the same reasons as `analyse_child`."""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import soundfile

from audiomusic.engines.foreign.stems.methods import StemsUnavailable
from audiomusic.engines.foreign.stems.settings_file import ModelUnusable
from audiomusic.engines.foreign.stems.split import bass, percussive
from audiomusic.engines.foreign.stems.transform import Sound

NICENESS = 5


def main() -> None:
    with suppress(OSError):
        os.nice(NICENESS)
    source, folder, model, *parts = sys.argv[1:]
    try:
        samples, rate_hz = soundfile.read(source, dtype="float32", always_2d=True)
        sound = np.ascontiguousarray(samples.T)
        for part in parts:
            made = _part(sound, part, model)
            soundfile.write(Path(folder) / f"{part}.wav", made.T, rate_hz, "FLOAT")
        answer: dict[str, str] = {}
    except (StemsUnavailable, ModelUnusable) as error:
        answer = {"error": str(error)}
    sys.stdout.write(json.dumps(answer))


def _part(sound: Sound, part: str, model: str) -> Sound:
    if part == "vocals":
        from audiomusic.engines.foreign.stems.mdx import load_model, vocals_of

        return vocals_of(sound, load_model(Path(model)))
    return bass(sound) if part == "bass" else percussive(sound)


if __name__ == "__main__":
    main()
