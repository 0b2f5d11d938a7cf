"""A pretend house in a real Home Assistant core, as the demo builds it, and what the tests ask of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.components.light import ColorMode
from homeassistant.const import EVENT_CALL_SERVICE
from homeassistant.core import Context, Event, HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events, async_fire_time_changed

import custom_components
from custom_components.batti.const import BUNDLED_MODEL, CONF_MODEL, CONF_SOURCE, DOMAIN, Source

HOMES = Path(__file__).parent / "homes"
AGENT = "conversation.batti"
BUNDLED = {CONF_SOURCE: Source.BUNDLED, CONF_MODEL: BUNDLED_MODEL}
BUILDER = "batti_demo"
"""The demo's integration that makes floors, areas, lights and one device per area of a home file."""

custom_components.__path__.append(str(Path(__file__).parents[1] / "demo" / "custom_components"))


async def move_in(hass: HomeAssistant, home: Path) -> None:
    """Build the home of a file; all its lights are exposed to Assist, as lights are in a new installation."""
    for core in ("homeassistant", "conversation", "light"):
        assert await async_setup_component(hass, core, {})
    entry = MockConfigEntry(domain=BUILDER, data={"home": str(home)})
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()


async def add_batti(hass: HomeAssistant) -> MockConfigEntry:
    """Set Batti up with the bundled model."""
    entry = MockConfigEntry(domain=DOMAIN, title="Batti", data=dict(BUNDLED), unique_id=BUNDLED_MODEL)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry


async def later(hass: HomeAssistant, seconds: float) -> None:
    """Let timers ring; time itself must go on, for the sake of servers."""
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=seconds + 1))
    await hass.async_block_till_done(wait_background_tasks=True)


def agent_state(hass: HomeAssistant) -> str:
    """The state of Batti's conversation entity."""
    found = hass.states.get(AGENT)
    assert found is not None
    return found.state


async def say(
    hass: HomeAssistant,
    text: str,
    *,
    language: str = "en",
    user_id: str | None = None,
    conversation_id: str = "",
    agent: str = AGENT,
) -> dict[str, Any]:
    """Say a sentence through the action `conversation.process`; its `response` part."""
    conversation = {"conversation_id": conversation_id} if conversation_id else {}
    answer = await hass.services.async_call(
        "conversation",
        "process",
        {"text": text, "agent_id": agent, "language": language, **conversation},
        blocking=True,
        return_response=True,
        context=Context(user_id=user_id),
    )
    await hass.async_block_till_done()
    response: dict[str, Any] = answer["response"]
    return response


def spoken(response: Mapping[str, Any]) -> str:
    """The words of a response."""
    words: str = response["speech"]["plain"]["speech"]
    return words


def speaker(hass: HomeAssistant, area_id: str) -> str:
    """The id of the device that stands in an area."""
    (device,) = dr.async_get(hass).async_get_devices(identifiers={(BUILDER, area_id)})
    return device.id


def hide(hass: HomeAssistant, *entity_ids: str) -> None:
    """Take lights away from Assist."""
    for entity_id in entity_ids:
        async_expose_entity(hass, "conversation", entity_id, False)


def looks(hass: HomeAssistant) -> dict[str, dict[str, Any]]:
    """What every light looks like: `state`, and where it is on `brightness_pct` and its colour.

    The colour is `color_temp_kelvin` for a light that shows a white, else `rgb_color`.
    """
    return {state.entity_id: _look(state.state, state.attributes) for state in hass.states.async_all("light")}


def _look(state: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
    look: dict[str, Any] = {"state": state}
    if state != "on":
        return look
    if (brightness := attributes.get("brightness")) is not None:
        look["brightness_pct"] = round(brightness / 2.55)
    if attributes.get("color_mode") == ColorMode.COLOR_TEMP:
        look["color_temp_kelvin"] = attributes["color_temp_kelvin"]
    elif (rgb := attributes.get("rgb_color")) is not None:
        look["rgb_color"] = tuple(rgb)
    return look


def on(hass: HomeAssistant) -> set[str]:
    """The lights that are on."""
    return {entity_id for entity_id, look in looks(hass).items() if look["state"] == "on"}


async def switch(hass: HomeAssistant, action: str, entity_id: str | list[str], **data: Any) -> None:
    """Do it by hand."""
    await hass.services.async_call("light", action, {"entity_id": entity_id, **data}, blocking=True)


def watch_calls(hass: HomeAssistant) -> list[Event]:
    """From now on, every action that is called."""
    return async_capture_events(hass, EVENT_CALL_SERVICE)


def lights_called(calls: list[Event]) -> list[str]:
    """The entities of the light actions among `calls`; nothing but single ids may be in them."""
    targets = [call.data["service_data"] for call in calls if call.data["domain"] == "light"]
    assert all(isinstance(target["entity_id"], str | list) for target in targets)
    assert not any({"area_id", "floor_id", "device_id", "label_id"} & target.keys() for target in targets)
    return [
        entity_id
        for target in targets
        for entity_id in ([target["entity_id"]] if isinstance(target["entity_id"], str) else target["entity_id"])
    ]


def workers() -> list[psutil.Process]:
    """Batti's worker processes below this one."""
    return [
        child
        for child in psutil.Process().children(recursive=True)
        if child.status() != psutil.STATUS_ZOMBIE and any(".engine.worker" in part for part in child.cmdline())
    ]
