"""Why a job is not taken, beyond credits: each says so in a sentence."""

from __future__ import annotations


class JobRefused(Exception):
    """A new job, or a failed one that was to be made again, was not taken. Nothing is stored or charged."""


class WaitingLimitReached(JobRefused):
    """The user has as many jobs in line as one may have."""
