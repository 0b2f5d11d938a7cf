"""Nothing is touched that is not exposed to Assist, or that the speaker may not control; with the real model."""

from __future__ import annotations

import pytest
from homeassistant.auth.permissions.const import CAT_ENTITIES
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from . import house

SECRET = ("light.sitting_ceiling", "light.puja_1", "light.0x00158d0001a2")


@pytest.mark.parametrize(
    "text",
    ["sabai batti bala", "सबै बत्ती बाल", "turn on all the lights", "baithak ko batti bala", "flat ko sabai batti bala"],
)
async def test_unexposed_lights_stay_as_they_are(flat: HomeAssistant, batti: MockConfigEntry, text: str) -> None:
    house.hide(flat, *SECRET)
    calls = house.watch_calls(flat)
    await house.say(flat, text)
    assert house.on(flat)
    assert house.on(flat).isdisjoint(SECRET)
    assert set(house.lights_called(calls)).isdisjoint({*SECRET, "all"})


@pytest.mark.parametrize("text", ["puja kotha ko batti bala", "jhumar bala", "diyo bala", "पूजा कोठाको बत्ती बाल"])
async def test_an_unexposed_light_is_unheard_of(flat: HomeAssistant, batti: MockConfigEntry, text: str) -> None:
    house.hide(flat, *SECRET)
    calls = house.watch_calls(flat)
    response = await house.say(flat, text)
    assert house.on(flat) == set()
    assert house.lights_called(calls) == []
    assert response["response_type"] == "error" or house.spoken(response).endswith("?")


async def test_exposing_a_light_takes_effect_with_the_next_sentence(
    flat: HomeAssistant, batti: MockConfigEntry
) -> None:
    await house.say(flat, "puja kotha ko batti bala")
    assert house.on(flat) == {"light.puja_1"}
    house.hide(flat, "light.puja_1")
    await house.say(flat, "puja kotha ko batti nibhau")
    await house.say(flat, "sabai batti nibhau")
    assert house.on(flat) == {"light.puja_1"}


async def test_a_home_with_nothing_exposed(flat: HomeAssistant, batti: MockConfigEntry) -> None:
    house.hide(flat, *house.looks(flat))
    for text in ("sabai batti bala", "batti bala", "bhansa ko batti bala"):
        response = await house.say(flat, text)
        assert house.spoken(response)
    assert house.on(flat) == set()


async def test_a_user_s_rights_hold_for_what_they_say(
    flat: HomeAssistant, batti: MockConfigEntry, hass_read_only_user: MockUser
) -> None:
    hass_read_only_user.mock_policy({CAT_ENTITIES: {"entity_ids": {"light.kitchen_main": True}}})
    response = await house.say(flat, "sabai batti bala", user_id=hass_read_only_user.id)
    assert house.on(flat) == {"light.kitchen_main"}
    assert [target["id"] for target in response["data"]["success"]] == ["light.kitchen_main"]
    assert len(response["data"]["failed"]) == len(house.looks(flat)) - 1
    response = await house.say(flat, "baithak ko batti bala", user_id=hass_read_only_user.id)
    assert response["data"] == {"code": "failed_to_handle"}
    assert house.on(flat) == {"light.kitchen_main"}
