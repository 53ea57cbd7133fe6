"""Vocoder: analyses espeak's speech and resynthesizes it as singing."""
