"""What scripts/setup installs beside Home Assistant is what Home Assistant would install itself."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import homeassistant
import pytest

PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())
CONSTRAINTS = (Path(homeassistant.__file__).parent / "package_constraints.txt").read_text()
MANIFESTS = "\n".join(
    path.read_text() for path in (Path(homeassistant.__file__).parent / "components").glob("*/manifest.json")
)


GROUPS = PROJECT["dependency-groups"]


@pytest.mark.parametrize("pin", [*GROUPS["home-assistant"], *GROUPS["voice"]])
def test_integrations_ask_for_this_version(pin: str) -> None:
    """A newer Home Assistant asks for other versions: change them together."""
    assert f'"{pin}"' in MANIFESTS


@pytest.mark.parametrize("pin", PROJECT["tool"]["uv"]["constraint-dependencies"])
def test_home_assistant_holds_back_this_version(pin: str) -> None:
    assert re.search(rf"(?m)^{re.escape(pin)}$", CONSTRAINTS)
