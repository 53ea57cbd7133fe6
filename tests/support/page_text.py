"""The text of a page as a reader sees it."""

import html
import re


def text_of(answer):
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())
