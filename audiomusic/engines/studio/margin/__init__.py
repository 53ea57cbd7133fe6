"""Margin marks shown while lyrics are written: syllables, rhymes, lines that are too long."""
