"""Stems of audio from outside: estimated from the mix alone, and labelled as estimates."""
