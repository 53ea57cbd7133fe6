"""Listening data: plays, star ratings and saved player queues."""
