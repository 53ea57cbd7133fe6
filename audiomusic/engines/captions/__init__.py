"""A caption read as language: clauses, refusals, exclusives, quantities."""
