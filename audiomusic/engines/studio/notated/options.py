"""What a request says of a written score in `SongRequest.options`: names alone, for who builds requests."""

SCORE_ONLY, WRITTEN_ABC = "score_only", "written_abc"
