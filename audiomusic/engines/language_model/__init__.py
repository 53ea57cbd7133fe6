"""The operator's own language model, on any server that speaks OpenAI's protocol: it writes words."""
