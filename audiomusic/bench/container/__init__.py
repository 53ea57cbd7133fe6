"""The container image, tested without a container engine."""
