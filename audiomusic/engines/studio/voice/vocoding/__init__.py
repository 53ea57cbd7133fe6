"""Vocoder: analysis of espeak's speech and resynthesis as singing."""
