"""What machines ask of the server: whether it lives, whether it can work, and its figures."""
