"""ACE-Step 1.5, run on the user's own weights through diffusers.

`folder` and `variants` only read files and import nothing heavy. Every other module here imports torch and
diffusers; workers load them on first use.
"""
