"""Parts of audio that this server did not make: guessed from the sound alone, and named as what they are."""
