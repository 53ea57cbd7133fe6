"""The lyrics with which the singing is measured."""

from __future__ import annotations

#: The closed set: the recognizer knows all lines and must find the one that is sung.
LINES = (
    "walking down the river in the morning", "every little light is shining on the water",
    "tell me what you dreamed about last summer", "i will never find another like you",
    "hold my hand until the daylight comes", "dancing in the middle of the city",
    "nobody can take away this feeling", "the stars are falling over my shoulder",
    "we were only children in the garden", "put the record on and close the window",
    "seven silver horses in the valley", "mother left the kettle on the fire",
    "winter came and covered up the highway", "give me one good reason not to leave you",
    "paper boats are floating in the gutter", "somewhere there is music in the building",
    "write it on the wall behind the station", "yellow leaves are burning in october",
    "sleeping on the floor beside the window", "carry me across the broken bridges",
)  # fmt: skip
#: For each line: one of its words, and five that could replace it.
CHANGED_WORDS = (
    "river valley garden mountain hallway meadow", "shining dying rising burning fading falling",
    "summer winter morning evening autumn monday", "find leave want hear hurt need",
    "hold kiss take leave warm touch", "city party water country music garden",
    "feeling moment secret money sorrow music", "falling rising shining burning dying calling",
    "children strangers lovers dreamers soldiers dancers", "close break clean leave wash paint",
    "horses rivers candles mountains dollars ladies", "kettle letter candle paper basket money",
    "winter summer silence water darkness morning", "reason answer letter moment promise story",
    "paper wooden broken silver little yellow", "music danger laughter fire someone water",
    "wall door floor sign glass paper", "burning falling turning dancing drying flying",
    "sleeping dancing waiting crying kneeling working", "bridges windows rivers mirrors houses gardens",
)  # fmt: skip
#: Every syllable begins and ends with a stop, so the voice is silent between two vowels.
STOPPED_LINES = (
    "cat pop tack pick top cook", "take a cup to talk to kate", "pack a pot to cook a pig",
    "kick a top to take a cat", "tick tock tap a cup of tea", "pet a pup to keep it cute",
)  # fmt: skip
