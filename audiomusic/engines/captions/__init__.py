"""Reads captions as language: clauses, refusals, exclusives, quantities."""
