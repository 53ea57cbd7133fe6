"""What is done to the score of a song that was kept: each operation, before anything sounds."""
