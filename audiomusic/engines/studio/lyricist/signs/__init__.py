"""Wishes in Japanese and Chinese, which have no blanks between their words."""
