"""An automation that hands a sentence to Batti."""

from __future__ import annotations

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry

from . import house


async def test_an_automation_says_a_sentence(flat: HomeAssistant, batti: MockConfigEntry) -> None:
    automation = {
        "alias": "Beluka",
        "triggers": [{"trigger": "event", "event_type": "gham_astayo"}],
        "actions": [
            {
                "action": "conversation.process",
                "data": {"agent_id": house.AGENT, "text": "baithak ko batti bala ani puja kotha ko 30% ma rakha"},
                "response_variable": "said",
            },
            {"event": "batti_said", "event_data": {"speech": "{{ said.response.speech.plain.speech }}"}},
        ],
    }
    assert await async_setup_component(flat, "automation", {"automation": automation})
    heard: list[str] = []
    flat.bus.async_listen("batti_said", lambda event: heard.append(event.data["speech"]))
    flat.bus.async_fire("gham_astayo")
    await flat.async_block_till_done()
    assert house.on(flat) == {"light.sitting_ceiling", "light.wled_3", "light.sonoff_1000a", "light.puja_1"}
    assert house.looks(flat)["light.puja_1"]["brightness_pct"] == 30
    assert len(heard) == 1
    assert heard[0]
