"""The synthesizer: renders notes and drum hits as stereo tracks, in closed form with torch.

Nothing here loops over samples and no filter is recursive: every model renders a whole note at once and
every effect has finite support, so a song can be rendered block by block without seams.
"""
