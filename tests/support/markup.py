"""Hostile text for every column that can hold text, and checks that no page runs or renders it as markup."""

import json
from html.parser import HTMLParser

from django.apps import apps
from django.db.models import CharField, JSONField, TextField
from django.utils import timezone

from audiomusic.devtools.adversarial_inputs import ODD_TEXTS

MARK = "zyzzyva"  # no tag or attribute of ours has this name
#: Starts with what fits the shortest column: break out of an attribute and open a tag. Then it breaks out of
#: every other context. A template that evaluates it writes 420490049.
HOSTILE = (
    f"'\"><z><{MARK}>\" {MARK}=\"' {MARK}='</title></textarea></script></style></pre><{MARK}>--><{MARK}>]]>"
    f"{{{{60070007*7}}}}{{% debug %}}{{# {MARK} #}}`${{{MARK}}}` {ODD_TEXTS['markup']} "
    f"&lt;{MARK}&gt; \u2028\x1b"
)
READ_BY_A_TEMPLATE = "420490049"
#: The same for columns that hold a URL: the API accepts only http and https.
HOSTILE_LINK = f"https://{MARK}.example/'\"><z><{MARK}>?x=javascript:{MARK}()"
#: A page that shows the text contains one of these.
SEEN = ("&lt;z", MARK, "\\u003Cz")

LINKS = ("href", "src", "action", "formaction", "data", "xlink:href", "poster", "srcset", "ping")
NO_LINKS = ("javascript:", "vbscript:", "data:")
#: Apps whose text never comes from a user.
NOT_OURS = ("contenttypes", "sessions", "knox")
#: Model and field -> why it holds no user's text.
KEPT = {
    "user.password": "a hash",
    "apikey.digest": "a hash",
    "apikey.token_key": "made here, at random",
    "apikey.scopes": "of a list",
    "webhookendpoint.salt": "made here, at random",
    "webhookendpoint.events": "of a list",
    "sharelink.token": "made here, at random",
    "playlistlink.token": "made here, at random",
    "audiofile.storage_name": "made here; test_links holds that no title gets into it",
    "scorefile.storage_name": "made here; test_links holds that no title gets into it",
    "job.cover_version": "a hash",
    "coverfile.storage_name": "made here, at random",
    "sourcefile.storage_name": "made here, at random; test_uploads holds that no name gets into it",
    "playerpassword.digest": "a hash",
    "playerpassword.sealed": "encrypted",
    "playqueue.songs": "numbers",
    "playqueue.current": "numbers",
    "audiofile.sha256": "a hash",
    "audiofile.tags_sha256": "a hash",
    "scorefile.sha256": "a hash",
    "sourcefile.sha256": "a hash",
    "sourcefile.samples_sha256": "a hash",
    "sourcefile.format": "of a list: read from the file's bytes",
    "analysisorder.subject": "a hash",
    "analysisorder.answer": "figures, and names of the code's own",
    "take.samples_sha256": "a hash",
    "take.peaks": "numbers",
    "orphanfolder.folder": "made here, of the job's number",
    "permission.codename": "of the code",
    "permission.name": "of the code",
    "logentry.object_id": "a number",
    "creditentry.reference": "made here, of the job's number",
    "ormq.payload": "signed",
    "ormq.key": "of the settings",
    "task.id": "made here, at random",
    "schedule.cluster": "of the settings",
    "idempotentresponse.fingerprint": "a hash",
    "usersession.session_key": "made here, at random",
    "usersession.session_data": "signed",
    "refreshtokenfamily.family_id": "made here, at random",
    "refreshtokenfamily.newest_id": "made here, at random",
}


def _json(text):
    """Return values for JSON columns whose shape is fixed by the code that writes them."""
    tried = {"at": timezone.now().isoformat(), "status_code": 500, "error": text, "duration_ms": 5}
    asked = {"caption": text, "lyrics": text, "genre_preset": text, "keyscale": text, "seed": 7, text: text}
    used = {
        "kind": "song",
        "max_duration_s": 1.0,
        "genre": text,
        "genres": [text],
        "emotions": [text],
        "occasions": [text],
        "seeds": [7],
    }
    return {
        "job.params": asked,
        "user.rate_limits": {text: text, "read": text},
        "job.effective": asked | used | {"not_applied": {"seed": text}, "options": {"shift": text}},
        "job.own_tags": [text],
        "job.removed_tags": [["genre", text]],
        "job.stage_s": {"planning": 1.0, text: 2.0},
        "smartlist.conditions": {"search": text, "genre": text, text: text},
        "take.made_with": {"machine": text},
        "webhookdelivery.log": [tried],
        "draftorder.request": asked,
        "draftorder.answer": {"song": None, "problem": text},
        "preset.parameters": {"caption": text, "genre": text},
        "workerheartbeat.engines_loaded": {"studio": {"device": text, "variant": text, "dtype": text}},
    }


def _texts(model):
    """Yield the columns that hold text. Columns with choices hold only the code's own values."""
    for field in model._meta.concrete_fields:
        if isinstance(field, CharField | TextField | JSONField) and not field.choices:
            yield field, f"{model._meta.model_name}.{field.name}"


def _hostile(field, name, pk, text):
    if isinstance(field, JSONField):
        return _json(text)[name]
    if name == "webhookdelivery.body":
        return json.dumps({"display_name": text})
    if name in ("job.thumbnail_url", "webhookendpoint.url"):
        return HOSTILE_LINK
    number = f"{pk!s:0>5}" if field.unique else ""
    return text[: field.max_length and field.max_length - len(number)] + number


def lace(text=HOSTILE, *, but=()):
    """Write `text` into every text column of every row, except the rows in `but`. Raise KeyError for a new
    JSON column: describe its shape in `_json`, or say in KEPT why it holds no text."""
    for model in apps.get_models():
        if model._meta.app_label in NOT_OURS or model._meta.proxy or not model._meta.managed:
            continue
        columns = [(field, name) for field, name in _texts(model) if name not in KEPT]
        for pk in model._base_manager.values_list("pk", flat=True) if columns else ():
            if (model, pk) not in {(type(row), row.pk) for row in but}:
                values = {field.attname: _hostile(field, name, pk, text) for field, name in columns}
                model._base_manager.filter(pk=pk).update(**values)


class _Reader(HTMLParser):
    """Collect markup that no page of ours contains, and the contents of the page's JSON blocks."""

    def __init__(self):
        super().__init__()
        self.foreign, self.blocks, self.script = [], [], None

    def handle_starttag(self, tag, attrs):
        self.script = dict(attrs) if tag == "script" else None
        if tag in ("z", "style", "base", "iframe", "object", "embed") or MARK in tag:
            self.foreign.append(self.get_starttag_text())
        for name, value in attrs:
            link = "".join(letter for letter in value or "" if letter > " ").lower()
            is_foreign = name == "z" or MARK in name or name.startswith("on") or name in ("style", "srcdoc")
            if is_foreign or (name in LINKS and link.startswith(NO_LINKS)):
                self.foreign.append(self.get_starttag_text())

    def handle_data(self, data):
        if self.script is None or not data.strip():
            return
        if self.script.get("type") == "application/json":
            self.blocks.append(data)
        else:
            self.foreign.append(data)

    def handle_endtag(self, tag):
        self.script = None

    def handle_comment(self, data):
        if MARK in data:
            self.foreign.append(data)


def foreign(page):
    """Return the markup that user text injected into a page; [] if there is none."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    for block in reader.blocks:
        json.loads(block)
        if "<" in block:
            reader.foreign.append(block)
    return reader.foreign + [READ_BY_A_TEMPLATE] * (READ_BY_A_TEMPLATE in page)


def is_seen(page):
    return any(each in page for each in SEEN)
