"""What is heard in sound: pulse, bars, key, chords, sections and the leading tune."""
