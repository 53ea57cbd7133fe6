"""Request bodies, validated into GenerationParams. The limits are in `jobs.specs.parameters`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, cast

from rest_framework import serializers

from audiomusic.engines.registry import ENGINES
from audiomusic.http.fields import echoed_names
from jobs.specs import spelling
from jobs.specs.fields import ParameterField
from jobs.specs.parameters import BASE, DRAFT, TASKS, Parameter, TaskTable
from jobs.specs.params import GenerationParams, ReworkParams, StemParams
from jobs.specs.tool_parameters import ANALYZE, TOOLS
from presets.selectors import adapters_asked

_BY_NAME = {parameter.name: parameter for parameter in BASE}


def _is_same(one: Any, two: Any) -> bool:
    return one == two and isinstance(one, bool) == isinstance(two, bool)


class StrictSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """Accepts the parameters of a table under any of their names; rejects unknown ones."""

    default_error_messages = {"invalid": "Expected a JSON object, got a {datatype}."}
    parameters: tuple[Parameter, ...] = ()

    def get_fields(self) -> dict[str, serializers.Field]:  # type: ignore[type-arg]
        return {parameter.name: ParameterField(parameter) for parameter in self.parameters}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, Mapping):
            return cast(dict[str, Any], super().to_internal_value(data))
        named, errors = self._by_own_names(data)
        try:
            values = super().to_internal_value(named)
        except serializers.ValidationError as error:
            raise serializers.ValidationError({**cast(dict[str, Any], error.detail), **errors}) from None
        if errors:
            raise serializers.ValidationError(errors)
        return cast(dict[str, Any], values)

    def _by_own_names(self, data: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the body with every alias replaced by the parameter's own name, and the errors of the
        names."""
        left, named, errors = dict(data), dict[str, Any](), dict[str, str]()
        for parameter in self.parameters:
            sent = {name: left.pop(name) for name in parameter.all_names if name in left}
            sent = {name: value for name, value in sent.items() if value is not None} or sent
            for name, value in sent.items():
                if not _is_same(named.setdefault(parameter.name, value), value):
                    errors[name] = f"It is an alias of {next(iter(sent))}, but the two values differ."
        for name in echoed_names(left):
            errors[name] = f"Unknown parameter; expected one of: {self._known()}."
        return named, errors

    def _known(self) -> str:
        return ", ".join(parameter.name for parameter in self.parameters)


def option_errors(attrs: Mapping[str, Any]) -> dict[str, str]:
    """Return the errors of the model's own parameters in combination; "" for those without one."""
    start, end = attrs.get("cfg_interval_start", 0), attrs.get("cfg_interval_end", 1)
    names, weight = attrs.get("lora_name_or_path"), attrs.get("lora_weight", 1.0)
    uses = adapters_asked(names, weight) if names else ()
    return {
        "cfg_interval_start": (
            f"It must not come after cfg_interval_end: {start:g} > {end:g}." if start > end else ""
        ),
        "lora_weight": " ".join(filter(None, (row.weight_problem(each) for row, each in uses))),
    }


class GenerationSerializer(StrictSerializer):
    """The body of one generation endpoint."""

    table: TaskTable

    @property
    def parameters(self) -> tuple[Parameter, ...]:  # type: ignore[override]
        return self.table.parameters

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        errors = {
            "instrumental": self._voice_error(attrs),
            "model_version": self._engine_error(attrs),
            **option_errors(attrs),
        }
        errors = {name: sentence for name, sentence in errors.items() if sentence}
        if errors:
            raise serializers.ValidationError(errors)
        return attrs

    def _voice_error(self, attrs: dict[str, Any]) -> str:
        asked = attrs.get("instrumental")
        if self.table.voice == "always" and (asked or _says_instrumental(attrs)):
            return f"{self.table.task} makes only vocals, so it cannot be instrumental."
        if self.table.voice == "never" and asked is False:
            return f"{self.table.task} makes music without vocals, so it cannot be false."
        return ""

    def _engine_error(self, attrs: dict[str, Any]) -> str:
        entry = ENGINES.get(attrs.get("model_version", ""))
        if entry is not None and self.table.task not in entry.tasks:
            return f"The {entry.name} engine does not make {self.table.task}."
        return ""

    def generation_params(self) -> GenerationParams:
        """Return what was really requested: no defaults, nothing left to the server, no blank text."""
        values = self.validated_data
        params: dict[str, Any] = {}
        options: dict[str, Any] = {}
        for parameter in self.parameters:
            value = values.get(parameter.name)
            if value in (None, "", parameter.auto) or parameter.name == "quality":
                continue
            (options if parameter.is_option else params)[parameter.key] = value
        if spelling.is_instrumental_tag(values.get("lyrics") or ""):
            params.pop("lyrics", None)
        if self.table.voice == "never" or _says_instrumental(values):
            params["instrumental"] = True
        if options:
            params["options"] = options
        return cast(GenerationParams, params)


def _says_instrumental(values: Mapping[str, Any]) -> bool:
    """Whether the lyrics say "instrumental", or consist of section tags without words."""
    lyrics = values.get("lyrics") or ""
    return spelling.is_instrumental_tag(lyrics) or spelling.is_form(lyrics)


class Text2MusicSerializer(GenerationSerializer):
    table = TASKS["text2music"]


class Prompt2InstrumentalSerializer(GenerationSerializer):
    table = TASKS["prompt2instrumental"]


class Text2RapSerializer(GenerationSerializer):
    table = TASKS["text2rap"]


class Lyric2VocalsSerializer(GenerationSerializer):
    table = TASKS["lyric2vocals"]


class Text2SamplesSerializer(GenerationSerializer):
    table = TASKS["text2samples"]


class SimpleSerializer(GenerationSerializer):
    table = TASKS["simple"]


class DraftSerializer(GenerationSerializer):
    """The body of a draft: a wish in one sentence, or a caption."""

    table = DRAFT

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        named = [name for name in ("query", "caption") if name in attrs]
        if len(named) == 2:
            raise serializers.ValidationError({"caption": "Expected query or caption, got both."})
        if not any(attrs.get(name) for name in named):
            sentence = "Required, unless you send caption instead: what the song should be."
            raise serializers.ValidationError({"query": sentence})
        return super().validate(attrs)


class JobPatchSerializer(StrictSerializer):
    """The editable fields of a job. A blank or null thumbnail removes the picture."""

    parameters = (_BY_NAME["display_name"], _BY_NAME["thumbnail_url"])

    def validate_display_name(self, value: str | None) -> str:
        if not value:
            raise serializers.ValidationError("Expected text of 1 to 200 characters, got none.")
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError("Expected display_name, thumbnail_url or both, got neither.")
        return attrs

    def changes(self) -> dict[str, str]:
        return {name: value or "" for name, value in self.validated_data.items()}


class ToolSerializer(StrictSerializer):
    """The body of an endpoint that works on a song, named in exactly one of the two ways."""

    table: TaskTable
    id_name, url_name = "source_job_id", "src_audio_url"

    @property
    def parameters(self) -> tuple[Parameter, ...]:  # type: ignore[override]
        return self.table.parameters

    @property
    def source_names(self) -> tuple[str, ...]:
        """Every name under which the song can be sent."""
        rows = [row for row in self.parameters if row.name in (self.url_name, self.id_name)]
        return tuple(name for row in rows for name in row.all_names)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if errors := self.request_errors(attrs):
            raise serializers.ValidationError(errors)
        return attrs

    def request_errors(self, attrs: Mapping[str, Any]) -> dict[str, str]:
        """Return the errors of the fields in combination."""
        return self.source_errors(attrs)

    def source_errors(self, attrs: Mapping[str, Any]) -> dict[str, str]:
        names = [name for name in (self.url_name, self.id_name) if name in self.fields]
        sent = [name for name in names if attrs.get(name) not in (None, "")]
        if len(sent) == 1:
            return {}
        count = "both" if sent else "neither"
        return dict.fromkeys(names, f"Expected either {' or '.join(names)}, got {count}.")

    def asked(self, known: Collection[str]) -> dict[str, Any]:
        """Return what was really requested of the known keys: no defaults, nothing left to the server. Blank
        lyrics mean that no one sings."""
        rows = {row.name: row for row in self.parameters}
        return {
            rows[name].key: value
            for name, value in self.validated_data.items()
            if rows[name].key in known and _is_asked(rows[name], value)
        }


class ExtractSerializer(ToolSerializer):
    table = TOOLS["extract"]

    def request_errors(self, attrs: Mapping[str, Any]) -> dict[str, str]:
        return self.source_errors(attrs) | self._part_errors(attrs)

    def _part_errors(self, attrs: Mapping[str, Any]) -> dict[str, str]:
        track_name, all_stems = attrs.get("track_name"), attrs.get("all_stems")
        if not track_name and not all_stems:
            [row] = [row for row in self.parameters if row.name == "track_name"]
            return {"track_name": f"Required: one of {', '.join(row.choices)}."}
        if all_stems and track_name:
            return {"track_name": "Expected none with all_stems, which makes every stem."}
        if all_stems and attrs.get("mode", "stem") != "stem":
            return {"mode": f"Expected stem with all_stems, got {attrs['mode']!r}."}
        return {}

    def wishes(self) -> StemParams:
        return cast(StemParams, self.asked(StemParams.__annotations__))


class ReworkSerializer(ToolSerializer):
    """The body of an endpoint that makes a new song from another."""

    def request_errors(self, attrs: Mapping[str, Any]) -> dict[str, str]:
        errors = {name: sentence for name, sentence in option_errors(attrs).items() if sentence}
        return self.source_errors(attrs) | errors

    def wishes(self) -> ReworkParams:
        options = {row.key for row in self.parameters if row.is_option}
        asked = self.asked({*ReworkParams.__annotations__, *options})
        chosen = {name: asked.pop(name) for name in options & asked.keys()}
        return cast(ReworkParams, {**asked, **({"options": chosen} if chosen else {})})


def _is_asked(parameter: Parameter, value: Any) -> bool:
    is_said = value != "" or parameter.kind == "lyrics"
    return value is not None and value != parameter.auto and is_said


class RetakeSerializer(ReworkSerializer):
    table = TOOLS["retake"]
    id_name = "original_job_id"


class RepaintSerializer(ReworkSerializer):
    table = TOOLS["repaint"]


class ExtendSerializer(ReworkSerializer):
    table = TOOLS["extend"]


class EditSerializer(ReworkSerializer):
    table = TOOLS["edit"]


class AnalyzeSerializer(ToolSerializer):
    """The body of an analysis, which creates no job."""

    url_name = "audio_url"

    @property
    def parameters(self) -> tuple[Parameter, ...]:  # type: ignore[override]
        return ANALYZE


class CoverSerializer(ReworkSerializer):
    table = TOOLS["cover"]


class ReferenceSerializer(ReworkSerializer):
    table = TOOLS["reference"]
    url_name = "reference_audio_url"
