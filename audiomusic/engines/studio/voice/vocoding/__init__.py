"""What espeak says, taken apart and put together again as song."""
