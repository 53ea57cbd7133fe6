"""The running server's software bill of materials as CycloneDX JSON: its installed packages.

cyclonedx-py lists the whole environment; packages that only developers need are removed, because they are not
part of an installation.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.contact import OrganizationalEntity
from cyclonedx.model.license import LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
#: The packages of the ACE-Step engine are included if they are installed.
REQUIREMENTS = ("requirements.txt", "requirements-acestep.txt")
#: Not validated: the output is a different list, and the tests validate that one.
COMMAND = (
    "-m", "cyclonedx_py", "environment", "--output-reproducible", "--spec-version", "1.6", "--no-validate",
)  # fmt: skip


def asked_for() -> list[Requirement]:
    lines = [line for name in REQUIREMENTS for line in (ROOT / name).read_text().splitlines()]
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def runtime_names() -> set[str]:
    """Return all packages that the requirements install on this machine, including extras."""
    found: set[str] = set()
    waiting, seen = asked_for(), set()
    while waiting:
        requirement = waiting.pop()
        key = (canonicalize_name(requirement.name), frozenset(requirement.extras))
        if key in seen:
            continue
        seen.add(key)
        try:
            needed = [Requirement(text) for text in requires(requirement.name) or ()]
        except PackageNotFoundError:  # of the other engine or another platform
            continue
        found.add(key[0])
        extras = ["", *requirement.extras]
        waiting += [
            each
            for each in needed
            if each.marker is None or any(each.marker.evaluate({"extra": e}) for e in extras)
        ]
    return found


def product() -> Component:
    version = re.search(r"^## (\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text(), re.M)
    return Component(
        name="AudioMusic",
        version=version.group(1) if version else "",
        bom_ref="audiomusic",
        type=ComponentType.APPLICATION,
        supplier=OrganizationalEntity(name="AudioMusic"),
        licenses=[LicenseExpression("Apache-2.0")],
    )


def environment() -> Bom:
    done = subprocess.run([sys.executable, *COMMAND, sys.executable], capture_output=True, check=True)
    return Bom.from_json(json.loads(done.stdout))  # type: ignore[attr-defined,no-any-return]


def bill() -> Bom:
    """Return the complete bill, with its dependencies."""
    whole, names = environment(), runtime_names()
    kept = [each for each in whole.components if canonicalize_name(each.name) in names]
    refs = {each.bom_ref for each in kept}
    direct = {canonicalize_name(each.name) for each in asked_for()}
    bom = Bom(components=kept)
    bom.metadata = whole.metadata
    bom.metadata.component = product()
    by_ref = {each.bom_ref: each for each in kept}
    for dependency in whole.dependencies:
        if dependency.ref in refs:
            needed = [by_ref[d.ref] for d in dependency.dependencies if d.ref in refs]
            bom.register_dependency(by_ref[dependency.ref], needed)
    top = [each for each in kept if canonicalize_name(each.name) in direct]
    bom.register_dependency(bom.metadata.component, top)
    return bom


if __name__ == "__main__":
    print(JsonV1Dot6(bill()).output_as_string(indent=1))
