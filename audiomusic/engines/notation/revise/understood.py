"""The known instructions, as described to people and language models."""

UNDERSTOOD = (
    "higher or lower (a bit, by 3 semitones, by an octave)", "transpose to G minor, or by 2 semitones",
    "make it minor, or major", "faster, slower, or 100 bpm (with allow_tempo_change)", "busier or simpler",
    "shorter notes (staccato) or longer notes (legato)", "repeat, remove, move, copy or swap a section",
    "add a chorus at the end", "double the length of the bridge", "change Am to F in bar 3",
    "simplify the chords, or add sevenths", "end on the tonic", "hold the last note",
    "rewrite the melody", "swing, or straight", "syncopate", "leave out the lead", "rest in bar 8",
    'change the words "old words" to "new words"',
)  # fmt: skip
