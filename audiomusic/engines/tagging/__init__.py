"""What a finished file holds beside its sound."""
