"""The operator's language model, on any OpenAI-compatible server: it writes lyrics."""
