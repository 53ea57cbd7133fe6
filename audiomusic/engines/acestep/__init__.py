"""ACE-Step 1.5 on the user's own weights, through diffusers.

`folder` and `variants` read what lies on the disk and import nothing heavy; everything else here
imports torch and diffusers and is loaded on first use, in a worker only.
"""
