"""The forms of a song's tools, with the API's parameter names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from django import forms

from audiomusic.engines.base import MAX_DURATION_S
from jobs.models import Take, Task
from jobs.specs.parameters import MAX_LYRICS_CHARS, MAX_TEXT_CHARS
from jobs.specs.params import ReworkParams
from jobs.specs.tool_parameters import MAX_EXTENSION_S, SNAPS, TOOLS

MAX_TAKES = 4


class ReworkForm(forms.Form):
    """Base form of a tool. `task`: its name in the API. `heading`: its name on the page."""

    task: Task
    heading: str
    help: str
    fixed: ReworkParams = {}

    def __init__(self, take: Take, data: Any = None) -> None:
        super().__init__(data, auto_id="rework-%s")
        self.take = take
        self.prepare()

    def prepare(self) -> None:
        """Fill in values from the song."""

    def wishes(self) -> ReworkParams:
        """Return the parameters as in a valid API request; empty fields are left out."""
        keys = {row.name: row.key for row in TOOLS[self.task.value].parameters}
        said = {
            keys[name]: value
            for name, value in self.cleaned_data.items()
            if name in keys and value not in (None, "")
        }
        return cast(ReworkParams, {**said, **self.fixed})

    def blame(self, errors: Mapping[str, Sequence[str]], sentence: str) -> None:
        """Show the tool's error beside its field, or above the form."""
        placed = {name: sentences for name, sentences in errors.items() if name in self.fields}
        for name, sentences in placed.items():
            for each in sentences:
                self.add_error(name, each)
        if not placed:
            self.add_error(None, sentence)


def _caption(label: str, **options: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=MAX_TEXT_CHARS, **options)


def _lyrics(label: str, **options: Any) -> forms.CharField:
    area = forms.Textarea(attrs={"rows": 6, "class": "input"})
    return forms.CharField(label=label, max_length=MAX_LYRICS_CHARS, required=False, widget=area, **options)


def _seconds(label: str, highest: float, **options: Any) -> forms.FloatField:
    widget = forms.NumberInput(attrs={"step": "0.01"})
    return forms.FloatField(label=label, min_value=0, max_value=highest, widget=widget, **options)


def _dial(label: str, initial: float, help_text: str) -> forms.FloatField:
    widget = forms.NumberInput(attrs={"type": "range", "step": "0.05"})
    return forms.FloatField(
        label=label, min_value=0, max_value=1, initial=initial, help_text=help_text, widget=widget
    )


class RetakeForm(ReworkForm):
    task, heading = Task.RETAKE, "New take"
    help = "The same lyrics, form, key and tempo again."

    retake_variance = _dial(
        "How different", 0.7,
        "Low values change the performance; from 0.15 also fills, 0.3 accompaniment, 0.45 groove and bass, "
        "0.6 chords, 0.7 the melody, 0.85 instruments.",
    )  # fmt: skip
    batch_size = forms.IntegerField(label="Takes", min_value=1, max_value=MAX_TAKES, initial=1)


class RepaintForm(ReworkForm):
    task, heading = Task.REPAINT, "Redo a section"
    help = "Only the selected section is made again. Everything else stays the same, sample for sample."

    repainting_start = _seconds("From second", MAX_DURATION_S, initial=0)
    repainting_end = _seconds("To second", MAX_DURATION_S)
    snap = forms.ChoiceField(
        label="Edges", initial="bar",
        choices=list(zip(
            SNAPS, ("exactly there", "at the nearest beat", "at the nearest bar", "between sung lines"),
            strict=True,
        )),
    )  # fmt: skip
    caption = _caption("How it should sound")
    lyrics = _lyrics(
        "Lyrics for this section", help_text="Leave empty to keep the lyrics, with a new melody."
    )

    def prepare(self) -> None:
        self.fields["caption"].initial = self.take.job.prompt
        self.fields["repainting_end"].initial = round(min(self.take.duration_s, 8.0), 2)


class WordsForm(ReworkForm):
    task, heading = Task.EDIT, "New lyrics"
    help = "New lyrics on the same melody. Everything else stays the same."
    fixed: ReworkParams = {"edit_type": "only_lyrics"}

    edit_target_lyrics = _lyrics(
        "New lyrics", help_text="Each line needs about as many syllables as the line it replaces."
    )

    def prepare(self) -> None:
        self.fields["edit_target_lyrics"].initial = self.take.job.lyrics
        self.fields["edit_target_lyrics"].required = True


class ExtendForm(ReworkForm):
    task, heading = Task.EXTEND, "Extend"
    help = "Add music after the end or before the beginning."

    left_extend_length = _seconds("Seconds before", MAX_EXTENSION_S, initial=0, required=False)
    right_extend_length = _seconds("Seconds after", MAX_EXTENSION_S, initial=30, required=False)
    caption = _caption("How it should continue")
    lyrics = _lyrics("Lyrics for the music after the end")

    def prepare(self) -> None:
        self.fields["caption"].initial = self.take.job.prompt


class CoverForm(ReworkForm):
    task, heading = Task.COVER, "New style"
    help = "The same song with another band."

    caption = _caption("Style")
    audio_cover_strength = _dial(
        "How close to the song", 0.7,
        "From 0.9 its melody, chords, key and tempo; from 0.5 the same at another tempo; from 0.2 chords "
        "and form.",
    )  # fmt: skip


class ReferenceForm(ReworkForm):
    task, heading = Task.REFERENCE, "Similar song"
    help = "A new song with this one's genre, band, singer, tempo and mood."

    caption = _caption("Describe the new song")
    lyrics = _lyrics("Lyrics", help_text="Leave empty to have them written for you.")
    instrumental = forms.BooleanField(label="No vocals", required=False)


class MixForm(ReworkForm):
    task, heading = Task.EDIT, "Adjust the mix"
    help = "Levels and effects only: no notes change."
    fixed: ReworkParams = {"edit_type": "mix"}

    edit_target_prompt = _caption(
        "What to change", help_text="Louder drums, softer guitars, drier vocals, wider piano …"
    )


#: Name in the URL -> form, in the order of the page.
REWORK_FORMS: dict[str, type[ReworkForm]] = {
    "part": RepaintForm,
    "words": WordsForm,
    "take": RetakeForm,
    "longer": ExtendForm,
    "style": CoverForm,
    "sound": ReferenceForm,
    "mix": MixForm,
}
