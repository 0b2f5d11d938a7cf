"""The sensors: there for whoever enables them."""

from __future__ import annotations

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from . import house

LATENCY, STATE = "sensor.batti_last_latency", "sensor.batti_model_state"


async def test_they_are_disabled_at_first(flat: HomeAssistant, batti: MockConfigEntry) -> None:
    registry = er.async_get(flat)
    for entity_id in (LATENCY, STATE):
        entry = registry.async_get(entity_id)
        assert entry is not None
        assert (entry.disabled_by, entry.entity_category) == (er.RegistryEntryDisabler.INTEGRATION, "diagnostic")
        assert flat.states.get(entity_id) is None


async def test_they_follow_the_model(flat: HomeAssistant, batti: MockConfigEntry) -> None:
    for entity_id in (LATENCY, STATE):
        er.async_get(flat).async_update_entity(entity_id, disabled_by=None)
    await flat.config_entries.async_reload(batti.entry_id)
    await flat.async_block_till_done()
    assert (flat.states.get(LATENCY).state, flat.states.get(STATE).state) == ("unknown", "ready")  # type: ignore[union-attr]
    await house.say(flat, "kitchen ko batti bala")
    latency = flat.states.get(LATENCY)
    assert latency is not None
    assert 0 < float(latency.state) < 10_000
    assert latency.attributes["unit_of_measurement"] == "ms"
    (worker,) = house.workers()
    worker.kill()
    for _ in range(2):  # the first may find the process just dying
        await house.say(flat, "kitchen ko batti nibhau")
    assert flat.states.get(STATE).state == "ready"  # type: ignore[union-attr]
    assert await flat.config_entries.async_unload(batti.entry_id)
    assert flat.states.get(STATE).state == "unavailable"  # type: ignore[union-attr]
