"""Articles and cases that a sentence does not state."""
