"""The server's public address, and the other sites that may call it."""
