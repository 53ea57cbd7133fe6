"""What happened to a job that its row does not say any more: its starts, and how each but the last ended."""
