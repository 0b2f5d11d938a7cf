"""An entry whose model is on a server that goes and comes back."""

from __future__ import annotations

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.batti.const import BUNDLED_MODEL, DOMAIN, MODELS

from . import house
from .interpreter.engine import server

pytestmark = [pytest.mark.server, pytest.mark.usefixtures("socket_enabled")]


async def test_it_is_unavailable_while_it_is_gone_and_comes_back_by_itself(flat: HomeAssistant) -> None:
    port = server.free_port()
    url = f"http://127.0.0.1:{port}"
    data = {"source": "server", "model": url, "url": url}
    entry = MockConfigEntry(domain=DOMAIN, title="Batti", data=data)
    entry.add_to_hass(flat)
    issue = (DOMAIN, f"server_unreachable_{entry.entry_id}")
    async with server.running(MODELS / BUNDLED_MODEL, port=port):
        assert await flat.config_entries.async_setup(entry.entry_id)
        await flat.async_block_till_done()
        assert house.agent_state(flat) != "unavailable"
        await house.say(flat, "kitchen ko batti bala")
        assert house.on(flat) == {"light.kitchen_main", "light.0x00158d0001a2"}

    await house.later(flat, 60)
    assert house.agent_state(flat) == "unavailable"
    assert ir.async_get(flat).async_get_issue(*issue) is not None
    response = await house.say(flat, "kitchen ko batti nibhau")
    assert response["response_type"] == "error"
    assert "light.kitchen_main" in house.on(flat)
    for seconds in (5, 10):
        await house.later(flat, seconds)
        assert house.agent_state(flat) == "unavailable"

    async with server.running(MODELS / BUNDLED_MODEL, port=port):
        await house.later(flat, 20)
        assert house.agent_state(flat) != "unavailable"
        assert ir.async_get(flat).async_get_issue(*issue) is None
        await house.say(flat, "kitchen ko batti nibhau")
        assert house.on(flat) == set()

    await house.later(flat, 60)
    assert house.agent_state(flat) == "unavailable"
    async with server.running(MODELS / BUNDLED_MODEL, port=port):
        await house.say(flat, "kitchen ko batti bala")  # back before the next look
        assert house.agent_state(flat) != "unavailable"
        assert ir.async_get(flat).async_get_issue(*issue) is None

    await house.later(flat, 60)
    assert ir.async_get(flat).async_get_issue(*issue) is not None, "gone again, said again"
    assert await flat.config_entries.async_unload(entry.entry_id)


async def test_two_entries_side_by_side(flat: HomeAssistant, batti: MockConfigEntry) -> None:
    """One model here, one on a server: each answers for itself."""
    async with server.running(MODELS / BUNDLED_MODEL) as url:
        data = {"source": "server", "model": url, "url": url}
        other = MockConfigEntry(domain=DOMAIN, title="Strong", data=data)
        other.add_to_hass(flat)
        assert await flat.config_entries.async_setup(other.entry_id)
        await flat.async_block_till_done()
        assert len(house.workers()) == 1
        await house.say(flat, "kitchen ko batti bala", agent="conversation.strong")
        assert house.on(flat) == {"light.kitchen_main", "light.0x00158d0001a2"}
        assert batti.runtime_data.data is None
        for entry in (batti, other):
            answer = await flat.services.async_call(
                DOMAIN,
                "interpret",
                {"text": "sabai batti nibhau", "config_entry_id": entry.entry_id},
                blocking=True,
                return_response=True,
            )
            assert answer is not None
            assert answer["plan"][0]["action"] == "light.turn_off"  # type: ignore[index, call-overload]
            assert entry.runtime_data.data is not None
        assert await flat.config_entries.async_unload(other.entry_id)
        assert (await house.say(flat, "kitchen ko batti nibhau"))["response_type"] == "action_done"
