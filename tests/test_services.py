"""`batti.interpret`: what Batti would do, with the real model."""

from __future__ import annotations

from typing import Any

import pytest
import voluptuous as vol
import yaml
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.batti.interpreter.engine.local import LocalEngine
from custom_components.batti.interpreter.errors import EngineTimeout

from . import house


async def interpret(hass: HomeAssistant, **data: Any) -> dict[str, Any]:
    return await hass.services.async_call("batti", "interpret", data, blocking=True, return_response=True)


async def test_it_says_what_it_would_do_and_does_nothing(flat: HomeAssistant, batti: MockConfigEntry) -> None:
    calls = house.watch_calls(flat)
    answer = await interpret(flat, text="bhansa ko batti 40% ma rakha", language="ne")
    assert answer.keys() == {"yaml", "plan", "confidence", "duration_ms"}
    assert answer["plan"] == [
        {"action": "light.turn_on", "target": {"area_id": "kitchen"}, "data": {"brightness_pct": 40}}
    ]
    assert yaml.safe_load(answer["yaml"]) == answer["plan"]
    assert 0 < answer["confidence"] <= 1
    assert answer["duration_ms"] > 0
    assert house.on(flat) == set()
    assert house.lights_called(calls) == []


async def test_here_is_where_the_device_is(flat: HomeAssistant, batti: MockConfigEntry) -> None:
    answer = await interpret(flat, text="batti bala", device_id=house.speaker(flat, "balcony"))
    assert answer["plan"] == [{"action": "light.turn_on", "target": {"area_id": "balcony"}}]


async def test_nothing_to_do(flat: HomeAssistant, batti: MockConfigEntry) -> None:
    answer = await interpret(flat, text="aaja mausam kasto cha?")
    assert (answer["plan"], answer["yaml"]) == ([], "[]\n")


async def test_a_text_is_needed_and_so_is_the_wish_for_an_answer(flat: HomeAssistant, batti: MockConfigEntry) -> None:
    with pytest.raises(vol.Invalid, match=r"required key not provided.*text"):
        await interpret(flat)
    with pytest.raises(ServiceValidationError, match="return_response=True"):
        await flat.services.async_call("batti", "interpret", {"text": "batti bala"}, blocking=True)


async def test_without_a_loaded_model(flat: HomeAssistant, batti: MockConfigEntry) -> None:
    await flat.config_entries.async_unload(batti.entry_id)
    with pytest.raises(ServiceValidationError) as error:
        await interpret(flat, text="batti bala")
    assert error.value.translation_key == "not_loaded"


async def test_a_model_that_has_no_answer(
    flat: HomeAssistant, batti: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*args: object) -> None:
        raise EngineTimeout("no answer after 10 seconds")

    monkeypatch.setattr(LocalEngine, "generate", fail)
    with pytest.raises(HomeAssistantError) as error:
        await interpret(flat, text="batti bala")
    assert error.value.translation_key == "engine_failed"
    assert error.value.translation_placeholders == {"reason": "no answer after 10 seconds"}
