"""Every random decision of the composer either belongs to a layer that a retake can redraw, or is kept."""

import re

from audiomusic.devtools.scratch_server import ROOT
from audiomusic.engines.studio.compose.seeds import LAYER_OF

COMPOSER = ROOT / "audiomusic" / "engines" / "studio"
DRAWN = re.compile(r"""draw\(\s*[\w.]+,\s*"([^"]+)\"""")
#: What a retake keeps: the plan, and decisions made where no song is composed.
KEPT = {
    "bpm", "genre", "key", "metre", "singer", "song form", "instrumental form", "lyrics", "lift", "pace",
    "piece", "one-shot", "loop instrument", "compose again", "cover lead", "repaint", "retake",
    "before",
}  # fmt: skip


def test_no_decision_was_forgotten():
    names = {name for path in COMPOSER.rglob("*.py") for name in DRAWN.findall(path.read_text())}
    assert len(names) > 40
    assert names - LAYER_OF.keys() == KEPT
