"""The rest of a plan: tempo and length, form wishes of captions, and notes on what was not applied."""
