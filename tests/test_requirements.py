"""What scripts/setup installs beside Home Assistant is what Home Assistant would install itself, for Batti too."""

from __future__ import annotations

import json
import re
import tomllib
from importlib.metadata import version
from pathlib import Path

import homeassistant
import pytest
from packaging.requirements import Requirement

import custom_components.batti

OURS = Path(custom_components.batti.__file__).parent / "manifest.json"
PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())
CONSTRAINTS = (Path(homeassistant.__file__).parent / "package_constraints.txt").read_text()
MANIFESTS = "\n".join(
    path.read_text() for path in (Path(homeassistant.__file__).parent / "components").glob("*/manifest.json")
)


GROUPS = PROJECT["dependency-groups"]


BATTI = [Requirement(one) for one in json.loads(OURS.read_text())["requirements"]]
BATTI_ALONE = {one.name for one in BATTI if f'"{one.name}==' not in MANIFESTS}
"""What no integration of Home Assistant asks for."""


@pytest.mark.parametrize(
    "pin", [pin for pin in (*GROUPS["home-assistant"], *GROUPS["voice"]) if Requirement(pin).name not in BATTI_ALONE]
)
def test_integrations_ask_for_this_version(pin: str) -> None:
    """A newer Home Assistant asks for other versions: change them together."""
    assert f'"{pin}"' in MANIFESTS


def test_each_requirement_of_batti_is_here_in_a_version_that_it_takes() -> None:
    pins = {one.name: one for one in map(Requirement, GROUPS["home-assistant"])}
    for asked in BATTI:
        (pinned,) = pins[asked.name].specifier
        assert pinned.operator == "=="
        assert pinned.version in asked.specifier, asked.name
        assert version(asked.name) == pinned.version


@pytest.mark.parametrize("pin", PROJECT["tool"]["uv"]["constraint-dependencies"])
def test_home_assistant_holds_back_this_version(pin: str) -> None:
    assert re.search(rf"(?m)^{re.escape(pin)}$", CONSTRAINTS)
