"""The parameters of a call, from its query string and form combined, and its user."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, QueryDict

from audiomusic.accounts.models import ApiKey, User
from audiomusic.http.ids import row_id
from library.playlists.services import SongRef
from library.subsonic.errors import invalid, missing, not_found

MOST_SONGS = 500  # per response
TRUE, FALSE = frozenset({"true", "1"}), frozenset({"false", "0"})


@dataclass(frozen=True)
class PlayerCall:
    """A call of a signed-in player."""

    request: HttpRequest
    params: QueryDict
    user: User
    key: ApiKey | None = None  # the API key it came with, if any

    def text(self, name: str, default: str | None = None) -> str:
        """Return the parameter. Raises SubsonicError if it is missing and has no default."""
        value = self.params.get(name)
        if value is None or "\0" in value:
            if default is None:
                raise missing(name)
            return default
        return str(value)

    def texts(self, name: str) -> list[str]:
        return [value for value in self.params.getlist(name) if "\0" not in value]

    def number(self, name: str, default: int, *, low: int = 0, high: int = 2**31 - 1) -> int:
        """Return the parameter, clamped to the bounds: players request more than the maximum."""
        value = self.params.get(name)
        if value is None or value == "":
            return default
        try:
            return min(max(int(value[:20]), low), high)
        except ValueError:
            raise invalid(name, "a whole number", value) from None

    def count(self, name: str, default: int) -> int:
        return self.number(name, default, high=MOST_SONGS)

    def flag(self, name: str, default: bool) -> bool:
        value = self.params.get(name, "").lower()
        return default if value not in TRUE | FALSE else value in TRUE

    def song(self, name: str = "id") -> SongRef:
        """Return the song reference. Raises SubsonicError for an invalid song id."""
        return song_ref(self.text(name))


def song_id(job_id: int, take: int) -> str:
    return f"tr-{job_id}-{take}"


def song_ref(text: str) -> SongRef:
    """Parse a song id such as "tr-7-1". Raises SubsonicError."""
    kind, _, rest = text.partition("-")
    job, _, take = rest.partition("-")
    job_id, index = row_id(job), row_id(take)
    if kind != "tr" or job_id is None or index is None or index > 1000:
        raise not_found("song")
    return SongRef(job_id, index)


def row_of(text: str, kind: str) -> int | None:
    """Return the number in an id such as "al-7", if the id is of this kind."""
    before, _, number = text.partition("-")
    return row_id(number) if before == kind else None
