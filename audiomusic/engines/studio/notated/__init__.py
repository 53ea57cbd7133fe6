"""A studio's score as a tune that people read and edit, and an edited tune as a score again."""
