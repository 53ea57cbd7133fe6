"""What a plan decides beside its form: tempo and length, what captions ask of the form, and what is told."""
