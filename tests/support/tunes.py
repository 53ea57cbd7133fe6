"""A small score in the contract's ABC dialect."""

from audiomusic.engines.notation.reader import read_abc

ABC = """X:1
T:Harbour
M:4/4
L:1/32
Q:1/4=96
V: Vocal clef=treble name="Vocal Melody" snm="Vocal"
V: Ins clef=treble name="Ins Melody" snm="Inst."
K:G
% Verse
V: Vocal
"G"B8 "Em"c8 d8 B8 | "C"e16 "D7"d12 z4 |
w: Lan-tern on the wa-ter
V: Ins
Z2 |
% Chorus
V: Vocal
"G"d8 d8 ^c8 d8 | "C/E"g32 |
w: Come back to me soon
V: Ins
G,16 [DB]16- | [DB]8 z24 |
"""


def tune(text=ABC, **wishes):
    return read_abc(text, **wishes)
