"""The package that English is sung with: whether it is there and whole, and how its graph is cut."""
