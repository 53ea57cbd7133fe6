"""Convert a studio score to a melody that people read and edit, and an edited melody back to a score."""
