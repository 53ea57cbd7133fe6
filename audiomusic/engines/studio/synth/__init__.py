"""The orchestra: notes and hits to stereo tracks, by closed forms in torch.

Nothing here loops over samples and no filter feeds back: every model writes a whole note at once
and every effect has finite support, so a song can be rendered block by block without seams.
"""
