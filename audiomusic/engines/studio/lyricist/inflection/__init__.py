"""Articles and cases that a sentence leaves to be found."""
