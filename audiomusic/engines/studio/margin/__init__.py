"""What stands at the margin of lyrics while they are written: syllables, rhymes, lines that are too long."""
