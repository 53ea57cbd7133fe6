"""The parts of a finished file besides its audio."""
