"""Finds the model that a folder stands for; it may hold several and have any layout."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from audiomusic.engines.acestep.layouts import comfyui, diffusers, official
from audiomusic.engines.acestep.layouts.comfyui import ComfyLayout, Family
from audiomusic.engines.acestep.layouts.heads import WeightsError
from audiomusic.engines.acestep.layouts.hub import name_of, repository_of, snapshot_of, snapshots_in
from audiomusic.engines.acestep.layouts.unreadable import file_problem, folder_problem
from audiomusic.engines.acestep.variants import Variant, find_variant

Layout = Literal["diffusers", "official"] | ComfyLayout
LAYOUT_NAMES: dict[Layout, str] = {
    "diffusers": "diffusers' layout",
    "official": "ACE-Step's own layout",
    "comfyui": "ComfyUI's single file",
    "comfyui-split": "ComfyUI's split files",
}
VARIANT_SETTING = "AUDIOMUSIC_ACESTEP_VARIANT"
#: The models to prefer if a folder holds several and none is named.
PREFERRED = ("turbo", "xl-turbo")
#: What ACE-Step's folder names put around the variant's name.
NAME_START, NAME_ENDS = "acestep-v15-", ("", "-diffusers")


@dataclass(frozen=True)
class Place:
    """A model on disk."""

    path: Path
    layout: Layout
    name: str  # of its folder; in a cache, of the repository; of ComfyUI's file, without .safetensors
    family: Family | None = None  # from the setting, if a file's name states none

    @property
    def config(self) -> dict[str, Any]:
        """The config that identifies the variant. Raises WeightsError."""
        if self.layout == "official":
            return official.model_config(self.path)
        if self.layout == "diffusers":
            return diffusers.transformer_config(self.path)
        return comfyui.model_config(self.path, self.family or comfyui.family_of(self.name) or "turbo")

    @property
    def variant(self) -> Variant:
        """The model's variant. Raises WeightsError."""
        # The config built for a single file already takes its name into account.
        return find_variant(self.config, "" if self.layout in comfyui.LAYOUTS else self.name)

    @property
    def variant_name(self) -> str:
        """The variant's name, or "" if the config cannot be read: loading explains why."""
        try:
            return self.variant.name
        except WeightsError:
            return ""


def find_place(folder: str | Path, variant: str = "") -> Place:
    """Return the model that `folder`, or a single file, stands for; of several, the one that `variant` names,
    otherwise turbo. Raises WeightsError with a sentence that says what would help."""
    path = Path(folder).expanduser()
    if path.is_file():
        return _chosen(path, [_place_of(path)], variant.strip().lower())
    if not path.is_dir():
        raise WeightsError(f"There is no folder {path}.")
    try:
        places = places_in(path)
    except OSError as error:
        raise WeightsError(f"The folder {path} cannot be read: {error.strerror}.") from None
    if not places:
        raise WeightsError(folder_problem(path, diffusers.INDEX))
    return _chosen(path, places, variant.strip().lower())


def places_in(path: Path) -> list[Place]:
    """Return the models in a folder: the folder itself, otherwise those inside it."""
    path = snapshot_of(path) or path
    if (own := _place(path)) is not None:
        return [own]
    roots = [*snapshots_in(path), *(child for child in sorted(path.iterdir()) if child.is_dir())]
    found = [place for root in roots for place in _places_at(root)]
    files = [row for root in (path, *snapshots_in(path)) for row in comfyui.models_in(root)]
    return [
        *(place for place in found if place.layout == "official" or diffusers.is_acestep(place.path)),
        *(Place(file, layout, file.stem) for file, layout in files),
    ]


def _place_of(file: Path) -> Place:
    if (own := _place(file.parent)) is not None and own.layout == "official":
        return own
    if (layout := comfyui.layout_of(file)) is None:
        raise WeightsError(file_problem(file))
    return Place(file, layout, file.stem)


def _places_at(root: Path) -> Iterator[Place]:
    if (own := _place(root)) is not None:
        yield own
    elif (repository := repository_of(root)) is not None and root.parent.parent == repository:
        children = (_place(child) for child in sorted(root.iterdir()) if child.is_dir())
        yield from (place for place in children if place is not None)


def _place(path: Path) -> Place | None:
    if diffusers.is_diffusers(path):
        return Place(path, "diffusers", _name(path))
    return Place(path, "official", _name(path)) if official.is_official(path) else None


def _name(path: Path) -> str:
    """Return the model's name. A snapshot is named after its commit, so the repository's name is used
    instead."""
    path = path.absolute()
    repository = repository_of(path)
    if repository is not None and path.parent.parent == repository:
        return name_of(repository)
    return path.resolve().name


def _chosen(path: Path, places: list[Place], wanted: str) -> Place:
    for name in [wanted] if wanted else PREFERRED if len(places) > 1 else ():
        fitting = [place for place in places if _is_called(place, name)]
        if fitting:
            return fitting[0]
        fitting = [place for place in places if place.variant_name == name]
        if fitting:
            return fitting[0]
    if len(places) == 1 and not wanted:
        return places[0]
    for place in places:
        if (taken := _taken_as(place, wanted)) is not None:
            return taken
    there = ", ".join(sorted({place.name for place in places}))
    raise WeightsError(
        f"{path} has no model called {wanted!r}; there are: {there}. Set {VARIANT_SETTING} to one of them."
        if wanted
        else f"{path} holds several models and no turbo: {there}. Set {VARIANT_SETTING} to one of them."
    )


def _taken_as(place: Place, wanted: str) -> Place | None:
    """Take a single file whose name states no variant as the wanted one, if its size allows that."""
    family = next((one for one in comfyui.FAMILIES if wanted in (one, f"xl-{one}")), None)
    if place.layout not in comfyui.LAYOUTS or family is None or comfyui.family_of(place.name):
        return None
    taken = replace(place, family=family)
    return taken if taken.variant_name == wanted else None


def _is_called(place: Place, name: str) -> bool:
    return place.name.lower() in (name, *(f"{NAME_START}{name}{end}" for end in NAME_ENDS))
