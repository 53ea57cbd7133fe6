"""Words that users sort their songs by."""
