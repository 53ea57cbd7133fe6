"""Whether songs do what they were asked: captions, lyrics and sentences, each with facts that prove it."""
