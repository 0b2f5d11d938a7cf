"""Fixtures: a real Home Assistant core with a house in it, and Batti with its real model."""

from __future__ import annotations

from pathlib import Path

import pytest
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

import custom_components.batti  # noqa: F401  # before the test plugin's own package of that name is found

from . import house


@pytest.fixture
def hass_config_dir(tmp_path: Path) -> str:
    """Give every core a configuration folder of its own."""
    return str(tmp_path)


@pytest.fixture(autouse=True)
def _with_our_integrations(request: pytest.FixtureRequest) -> None:
    """Let a core find Batti; tests without a core stay without."""
    if "hass" in request.fixturenames:
        request.getfixturevalue("enable_custom_integrations")


@pytest.fixture
async def flat(hass: HomeAssistant) -> HomeAssistant:
    """A core with the flat in Kathmandu."""
    await house.move_in(hass, house.HOMES / "kathmandu_flat.yaml")
    return hass


@pytest.fixture
async def batti(flat: HomeAssistant) -> MockConfigEntry:
    """Batti in the flat, loaded with the bundled model."""
    return await house.add_batti(flat)
