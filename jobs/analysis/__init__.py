"""What is in a piece of audio: asked by a web process, answered by a worker."""
