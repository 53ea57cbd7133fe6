"""Names of `SongRequest.options` about a written score, for code that builds requests."""

SCORE_ONLY, WRITTEN_ABC = "score_only", "written_abc"
