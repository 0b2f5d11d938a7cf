"""A demo home for Home Assistant, from a home file: real floors, areas, devices and light entities, no hardware."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
)
from homeassistant.helpers import (
    device_registry as dr,
)
from homeassistant.helpers import (
    entity_registry as er,
)
from homeassistant.helpers import (
    floor_registry as fr,
)

from custom_components.batti.interpreter.home import Home, Light

DOMAIN = "batti_demo"

type DemoConfigEntry = ConfigEntry[tuple[Home, frozenset[str]]]
"""Contains the home, and the entity ids of the lights that are on at the start."""


async def async_setup_entry(hass: HomeAssistant, entry: DemoConfigEntry) -> bool:
    """Build the home of the file `entry.data["home"]`; its optional list `lit` says which lights are on."""
    text = await hass.async_add_executor_job(Path(entry.data["home"]).read_text, "utf-8")
    data: dict[str, Any] = yaml.safe_load(text)
    home = Home.from_dict(data)
    _build_rooms(hass, home)
    for light in home.lights:
        _register_light(hass, entry, light)
    for area in home.areas:
        _add_speaker(hass, entry, area.area_id, area.name)
    entry.runtime_data = home, frozenset(data.get("lit", ()))
    await hass.config_entries.async_forward_entry_setups(entry, [Platform.LIGHT])
    return True


async def async_unload_entry(hass: HomeAssistant, entry: DemoConfigEntry) -> bool:
    """Remove the lights."""
    return await hass.config_entries.async_unload_platforms(entry, [Platform.LIGHT])


def _build_rooms(hass: HomeAssistant, home: Home) -> None:
    """Create floors and areas with the ids of the file.

    Home Assistant makes the id from the name at creation, so each is created with its id as name, and then renamed.
    """
    floors, areas = fr.async_get(hass), ar.async_get(hass)
    for floor in home.floors:
        floor_id = floors.async_create(floor.floor_id, level=floor.level).floor_id
        floors.async_update(floor_id, name=floor.name, aliases=set(floor.aliases))
    for area in home.areas:
        area_id = areas.async_create(area.area_id).id
        areas.async_update(area_id, name=area.name, floor_id=area.floor_id, aliases=set(area.aliases))


def _register_light(hass: HomeAssistant, entry: DemoConfigEntry, light: Light) -> None:
    """Give a light its entity id, area and aliases before the entity itself exists."""
    registry = er.async_get(hass)
    object_id = light.entity_id.removeprefix("light.")
    registry.async_get_or_create("light", DOMAIN, light.entity_id, suggested_object_id=object_id, config_entry=entry)
    aliases: list[er.AliasEntry] = [er.COMPUTED_NAME, *light.aliases]
    registry.async_update_entity(light.entity_id, area_id=light.area_id, aliases=aliases)


def _add_speaker(hass: HomeAssistant, entry: DemoConfigEntry, area_id: str, name: str) -> None:
    """Add a device for speaking in an area, with the identifier `(DOMAIN, area_id)`."""
    registry = dr.async_get(hass)
    device = registry.async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={(DOMAIN, area_id)}, name=f"{name} speaker"
    )
    registry.async_update_device(device.id, area_id=area_id)
