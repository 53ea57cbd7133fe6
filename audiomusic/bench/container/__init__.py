"""The container image, without a container engine."""
