"""New music laid into audio that this server did not make, on the grid that was heard in it."""
