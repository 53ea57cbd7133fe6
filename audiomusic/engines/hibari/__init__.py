"""The package that sings English: whether it is installed and intact, and how its graph is cut."""
