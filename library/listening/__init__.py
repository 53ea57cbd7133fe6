"""What somebody did with a song as a listener: plays, stars, and where a player stopped."""
