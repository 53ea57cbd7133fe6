"""A song's words and plan before anybody makes it."""
