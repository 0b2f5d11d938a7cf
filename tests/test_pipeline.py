"""The voice pipeline's language part over the WebSocket API, as a satellite's sentence takes it."""

from __future__ import annotations

from typing import Any

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator

from . import house

pytestmark = pytest.mark.voice
PIPELINE = {
    "name": "Batti",
    "language": "ne",
    "conversation_engine": house.AGENT,
    "conversation_language": "ne",
    "stt_engine": None,
    "stt_language": None,
    "tts_engine": None,
    "tts_language": None,
    "tts_voice": None,
    "wake_word_entity": None,
    "wake_word_id": None,
}


@pytest.fixture
async def client(
    flat: HomeAssistant, batti: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> MockHAClientWebSocket:
    assert await async_setup_component(flat, "assist_pipeline", {})
    client = await hass_ws_client(flat)
    await client.send_json_auto_id({"type": "assist_pipeline/pipeline/create", **PIPELINE})
    created = await client.receive_json()
    assert created["success"], created
    await client.send_json_auto_id(
        {"type": "assist_pipeline/pipeline/set_preferred", "pipeline_id": created["result"]["id"]}
    )
    assert (await client.receive_json())["success"]
    return client


async def run(client: MockHAClientWebSocket, text: str, device_id: str | None) -> dict[str, Any]:
    """The `intent_output` of one run."""
    await client.send_json_auto_id(
        {
            "type": "assist_pipeline/run",
            "start_stage": "intent",
            "end_stage": "intent",
            "input": {"text": text},
            "device_id": device_id,
        }
    )
    assert (await client.receive_json())["success"]
    events: dict[str, Any] = {}
    while "run-end" not in events:
        event = (await client.receive_json())["event"]
        events[event["type"]] = event["data"]
    assert events["intent-start"]["engine"] == house.AGENT
    output: dict[str, Any] = events["intent-end"]["intent_output"]
    return output


@pytest.mark.parametrize("text", ["batti bala", "बत्ती बाल", "yaha ko batti bala"])
async def test_here_is_where_the_satellite_stands(
    flat: HomeAssistant, client: MockHAClientWebSocket, text: str
) -> None:
    output = await run(client, text, house.speaker(flat, "sitting_room"))
    assert output["response"]["response_type"] == "action_done"
    assert house.on(flat) == {"light.sitting_ceiling", "light.wled_3", "light.sonoff_1000a"}
    assert not output["continue_conversation"]


async def test_a_satellite_may_name_another_room(flat: HomeAssistant, client: MockHAClientWebSocket) -> None:
    await run(client, "भान्साको बत्ती बाल", house.speaker(flat, "sitting_room"))
    assert house.on(flat) == {"light.kitchen_main", "light.0x00158d0001a2"}


async def test_without_a_place_it_asks_and_goes_on_listening(
    flat: HomeAssistant, client: MockHAClientWebSocket
) -> None:
    output = await run(client, "batti bala", None)
    assert house.on(flat) == set()
    assert house.spoken(output["response"]).endswith("?")
    assert output["continue_conversation"]
