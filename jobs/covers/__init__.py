"""Pictures that users give their songs."""
