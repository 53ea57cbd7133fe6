"""A job's history, which its row does not keep: its starts, and how each but the last ended."""
