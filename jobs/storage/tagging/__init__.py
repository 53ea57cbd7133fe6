"""What files say about their song: as its row knows it now, also where they were written before that."""
