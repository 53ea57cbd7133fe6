"""The drawn cover of a song as a picture, for whatever cannot draw it by itself."""
