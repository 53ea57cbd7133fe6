"""Loading the product without the garbage collector, which would look again and again through what stays.

An import makes objects by the hundred thousand that live as long as their process, and each full collection
meanwhile looks at them all: a fifth of the processor time of a start.
"""

from __future__ import annotations

import gc


def loading_begin() -> None:
    """Called by what starts a process, before it imports anything large."""
    gc.disable()


def loading_end() -> None:
    """Once the apps are ready: collections look at what comes from now on, and at nothing loaded before."""
    gc.freeze()
    gc.enable()
