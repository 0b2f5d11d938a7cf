"""System information and diagnostics: what helps, and no names."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry, get_system_health_info

from custom_components.batti.const import BUNDLED_MODEL, DOMAIN
from custom_components.batti.diagnostics import async_get_config_entry_diagnostics, async_get_device_diagnostics
from custom_components.batti.exposed_lights import home_of
from custom_components.batti.interpreter.language import prompt
from training.personal.own_home import read_home

from . import house
from .needs import ORIGIN, USUAL


async def information(hass: HomeAssistant) -> dict[str, Any]:
    assert await async_setup_component(hass, "system_health", {})
    await hass.async_block_till_done()
    info: dict[str, Any] = await get_system_health_info(hass, DOMAIN)
    return {key: await value if asyncio.iscoroutine(value) else value for key, value in info.items()}


async def test_before_anything_is_loaded(flat: HomeAssistant) -> None:
    assert await async_setup_component(flat, DOMAIN, {})
    assert await information(flat) == {"engine": "not prepared", "prompt_version": prompt.VERSION}


async def test_system_information(flat: HomeAssistant, batti: MockConfigEntry) -> None:
    before = await information(flat)
    assert before["engine"].startswith(f"{USUAL} 0.")
    assert before["engine"].endswith(f"({ORIGIN})")
    assert (before["model_state"], before["model_style"]) == ("ready", "trained")
    assert before["tokens_per_second"] is None
    assert 10 < before["memory_mb"] < 1000
    await house.say(flat, "kitchen ko batti bala")
    after = await information(flat)
    assert after["tokens_per_second"] > 0
    assert after["prefix_reused"] > 0


async def test_of_several_entries(flat: HomeAssistant, batti: MockConfigEntry) -> None:
    other = MockConfigEntry(domain=DOMAIN, title="Second", data=house.BUNDLED)
    other.add_to_hass(flat)
    assert await flat.config_entries.async_setup(other.entry_id)
    assert (await information(flat))["model_state"] == "Batti: ready; Second: ready"


async def test_diagnostics_tell_no_names(flat: HomeAssistant, batti: MockConfigEntry) -> None:
    before = await async_get_config_entry_diagnostics(flat, batti)
    assert before["home"] == {"floors": 1, "areas": 7, "lights": 12}
    assert before["last_sentence"] is None
    assert before["data"]["model"] == BUNDLED_MODEL
    assert (before["engine"]["binding"], before["engine"]["origin"]) == (USUAL, ORIGIN)
    await house.say(flat, "ama ko kotha ko batti balnus")
    after = await async_get_config_entry_diagnostics(flat, batti)
    assert after["last_sentence"]["actions"] == ["light.turn_on"]
    assert "ama" not in str(after).lower().replace("llama", "")
    json.dumps(after)


async def test_diagnostics_tell_no_addresses_and_no_keys(flat: HomeAssistant, batti: MockConfigEntry) -> None:
    url = "http://server.ram-ko-ghar.example:8080"
    data = {"source": "server", "model": url, "url": url, "api_key": "gopya"}
    flat.config_entries.async_update_entry(batti, data=data)
    told = str(await async_get_config_entry_diagnostics(flat, batti))
    assert "ram-ko-ghar" not in told
    assert "gopya" not in told


async def test_the_diagnostics_of_the_device_are_the_home(
    flat: HomeAssistant, batti: MockConfigEntry, hass_client: Any, tmp_path: Path
) -> None:
    """As they are downloaded in the browser; what reads them for training gets the very home that Batti sees."""
    assert await async_setup_component(flat, "diagnostics", {})
    (device,) = dr.async_get(flat).async_get_devices(identifiers={(DOMAIN, batti.entry_id)})
    client = await hass_client()
    answer = await client.get(f"/api/diagnostics/config_entry/{batti.entry_id}/device/{device.id}")
    assert answer.status == 200
    file = tmp_path / "diagnostics.json"
    file.write_bytes(await answer.read())
    told = json.loads(file.read_text(encoding="utf-8"))
    assert "names" in told["data"]["note"]
    assert await asyncio.to_thread(read_home, file) == home_of(flat)
    assert told["data"] == json.loads(json.dumps(await async_get_device_diagnostics(flat, batti, device)))
