"""The cast of a song: who sings which line."""

from audiomusic.engines.studio.cast.company import Cast, CastMember, cast_song, tagged_kind, with_rap_tags

__all__ = ["Cast", "CastMember", "cast_song", "tagged_kind", "with_rap_tags"]
