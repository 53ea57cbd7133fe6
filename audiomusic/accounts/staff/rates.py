"""The form for a user's own rates, with a field for each kind of call."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.forms import CharField, Form, TextInput

from audiomusic.accounts.models import User
from audiomusic.accounts.services import server_rates
from audiomusic.http.throttling import parse_rate

RATE_CHARS = 20
#: Scope -> label. A scope without a label is shown by its name.
SCOPE_LABELS = {
    "generation": "Song requests",
    "draft": "Drafts of lyrics and plans",
    "retry": "Retries",
    "retake": "Retries and retakes",
    "analyze": "Audio analyses",
    "repaint": "Repaints",
    "extend": "Extensions",
    "edit": "Song edits",
    "revise": "Score revisions",
    "lrc": "Lyric timings",
    "upload": "Uploads",
    "webhook": "Test and repeated events",
    "player": "Calls from music players",
    "read": "All other API calls",
    "pages": "Pages",
}


def check_rate(text: str) -> None:
    try:
        parse_rate(text)
    except ValueError as error:
        raise ValidationError(str(error)) from None


class RatesForm(Form):
    def __init__(self, user: User, data: Any = None) -> None:
        super().__init__(data)
        for scope, rate in server_rates().items():
            self.fields[scope] = CharField(
                label=SCOPE_LABELS.get(scope, scope),
                required=False,
                max_length=RATE_CHARS,
                initial=user.rate_limits.get(scope, ""),
                validators=[check_rate],
                widget=TextInput(attrs={"placeholder": rate, "size": 12}),
                help_text=f"{scope}; the server's: {rate}",
            )

    def rates(self) -> dict[str, str]:
        return {scope: self.cleaned_data[scope] for scope in self.fields}
