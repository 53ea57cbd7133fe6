"""Cover pictures that users upload for their songs."""
