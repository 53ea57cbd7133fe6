"""Character classes as regular expressions that mean the same in Python and in JSON Schema."""

from __future__ import annotations

_SPACES = r"\x1C-\x20\x85\xA0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000"

SPACE = rf"[\t-\r{_SPACES}]"  # what str.strip() removes
VISIBLE = rf"[^\x00-\x20\x7F-\x9F{_SPACES}]"  # neither white space nor a control character
CHARACTER = r"[^\x00-\x08\x0B\x0C\x0E-\x1F\x7F-\x9F]"  # no control character except tab and line ends
NOT_NUL = r"[^\x00]"  # what a database can store
NOT_SPACE = rf"[^\x00\t-\r{_SPACES}]"
#: The texts that `fields.read_text` accepts, and those of them that are not blank.
TEXT = f"^{SPACE}*{CHARACTER}*{SPACE}*$"
TEXT_NOT_BLANK = f"^{SPACE}*{CHARACTER}*{VISIBLE}{CHARACTER}*{SPACE}*$"

_HOST = rf"(\[[0-9A-Fa-f:.]+\]|[^\x00-\x20\x7F-\x9F{_SPACES}/?#:@\[\]\\]+)"
LINK = rf"[Hh][Tt][Tt][Pp][Ss]?://{_HOST}(:[0-9]{{1,5}})?([/?#]{VISIBLE}*)?"
