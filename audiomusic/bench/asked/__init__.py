"""Whether songs do what was requested: captions, lyrics and sentences, each with facts to check."""
