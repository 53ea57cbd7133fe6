"""Audio from outside: decoded within limits, and analysed as far as possible."""
