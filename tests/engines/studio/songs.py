"""Requests and a stand-in for the voice, for tests of planning and composing."""

import re

from audiomusic.engines.base import SongRequest
from audiomusic.engines.studio.score import Syllable

LYRICS = """[Verse 1]
I wrote your name on the window glass
And watched the golden evening pass
You laugh and all the lights come on
I hum your voice when you are gone

[Chorus]
Give me summer, give me light
We could make it through the night
Give me summer, give me light
Everything will be all right

[Verse 2]
We danced in the kitchen on quiet feet
Your heart was the drum and mine was the beat

[Chorus]
Give me summer, give me light
We could make it through the night
Give me summer, give me light
Everything will be all right
"""


def ask(**wishes):
    return SongRequest(**{"kind": "song", "caption": "", "seeds": (1,), "max_duration_s": 600.0, **wishes})


def syllabify(texts, language):
    """Return one syllable for each vowel group; the first of a longer word is stressed. "mute" lines have
    none."""
    return [[] if "mute" in text else _syllables(text) for text in texts]


def _syllables(text):
    found = []
    for word in text.split():
        groups = re.findall(r"[^aeiouy]*[aeiouy]+(?:[^aeiouy]*$)?", word.casefold()) or [word]
        stressed = 2 if len(word) > 3 else 0
        found += [Syllable(g, stressed if i == 0 else 0, i == 0) for i, g in enumerate(groups)]
    return found
