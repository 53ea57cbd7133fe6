"""Analysis of audio: pulse, bars, key, chords, sections and the leading melody."""
