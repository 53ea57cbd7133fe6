"""Prompt templates that a program offers its user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from audiomusic.mcp.caller import Refused

MAX_ARGUMENT_CHARS = 2000


@dataclass(frozen=True)
class Prompt:
    """A prompt template. `arguments` is name -> description; only the first is required. `text` has their
    names in braces.
    """

    name: str
    title: str
    description: str
    arguments: Mapping[str, str]
    text: str

    def describe(self) -> dict[str, Any]:
        first = next(iter(self.arguments))
        arguments = [
            {"name": name, "description": words, "required": name == first}
            for name, words in self.arguments.items()
        ]
        return {
            "name": self.name, "title": self.title, "description": self.description, "arguments": arguments,
        }  # fmt: skip

    def filled(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the prompt with the values filled in. Raises Refused."""
        first = next(iter(self.arguments))
        unknown = [name[:60] for name in values if name not in self.arguments]
        wrong = [name for name, value in values.items() if not isinstance(value, str)]
        if not values.get(first) or unknown or wrong:
            names = ", ".join(self.arguments)
            raise Refused(f"Expected {first}, of texts named {names}.", "invalid", 400)
        words = {name: str(values.get(name) or "your choice")[:MAX_ARGUMENT_CHARS] for name in self.arguments}
        content = {"type": "text", "text": self.text.format(**words)}
        return {"description": self.description, "messages": [{"role": "user", "content": content}]}


PROMPTS = {
    prompt.name: prompt
    for prompt in (
        Prompt(
            "write_song", "Write a song", "Words and music about something.",
            {"topic": "What the song is about.", "style": "Genre, band, voice.", "language": "Of the words."},
            "Write a song about this: {topic}\nStyle: {style}. Language of the words: {language}.\n"
            "Write the lyrics with [Verse], [Chorus] and [Bridge] marks and show them to me. When I "
            "agree, make it with generate_music, follow it with check_job_status, and give me the link.",
        ),
        Prompt(
            "fix_section", "Fix a part of a song", "Change one part and keep the rest.",
            {"job_id": "The song's job.", "section": "Chorus, Verse 2…", "problem": "What is wrong."},
            "Fix this part of the song of job {job_id}: {section}. The problem: {problem}.\n"
            "Look at it with analyze_music, source job:{job_id}. Then make only that part again with "
            "repaint_music, or with edit_music if the words are wrong, follow it with check_job_status, "
            "and say what changed.",
        ),
        Prompt(
            "make_album", "Make an album", "Several songs with a common theme.",
            {"theme": "The theme of the album.", "songs": "How many."},
            "Plan an album about this: {theme}\nSongs: {songs}.\nFirst see with get_account what it may "
            "cost, and show me titles, styles and keys that go together. When I agree, make each with "
            "generate_music, and list the links in order.",
        ),
    )
}  # fmt: skip
