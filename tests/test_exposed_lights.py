"""Home Assistant's two edges, with plans made by hand: no model is asked here."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from homeassistant.auth.permissions.const import CAT_ENTITIES
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.batti.exposed_lights import home_of, perform, speaker_area
from custom_components.batti.interpreter.home import load_home
from custom_components.batti.interpreter.language.plan import Action, Plan
from custom_components.batti.interpreter.reply import Outcome, Unable

from . import house


async def do(hass: HomeAssistant, *actions: Action, user: MockUser | None = None) -> Outcome:
    return await perform(hass, Plan(actions), home_of(hass), Context(user_id=user.id if user else None))


def turn_on(target: dict[str, str], **data: Any) -> Action:
    return Action("light.turn_on", {key: (value,) for key, value in target.items()}, data)


# The chandelier has white tones, the strip colours too, and the lamp in the corner can be on or off.
ROOM = {"area_id": "sitting_room"}
JHUMAR, STRIP, LAMP = "light.sitting_ceiling", "light.wled_3", "light.sonoff_1000a"


@pytest.mark.parametrize("name", ["kathmandu_flat", "lalitpur_house"])
async def test_a_home_comes_back_as_it_was_built(hass: HomeAssistant, name: str) -> None:
    file = house.HOMES / f"{name}.yaml"
    await house.move_in(hass, file)
    seen, built = home_of(hass), load_home(file)
    assert set(seen.floors) == set(built.floors)
    assert {area.area_id: area for area in seen.areas} == {area.area_id: area for area in built.areas}
    for light in seen.lights:
        twin = next(other for other in built.lights if other.entity_id == light.entity_id)
        assert (light.name, light.aliases, light.area_id, light.color_modes) == (
            twin.name,
            twin.aliases,
            twin.area_id,
            twin.color_modes,
        )
    assert len(seen.lights) == len(built.lights)
    assert {light.entity_id: (light.min_kelvin, light.max_kelvin) for light in seen.lights if light.has_color_temp} == {
        light.entity_id: (light.min_kelvin, light.max_kelvin) for light in built.lights if light.has_color_temp
    }


async def test_what_is_not_exposed_is_not_there(flat: HomeAssistant) -> None:
    house.hide(flat, "light.puja_1", STRIP)
    home = home_of(flat)
    assert {"light.puja_1", STRIP}.isdisjoint(light.entity_id for light in home.lights)
    assert "puja" not in {area.area_id for area in home.areas}, "an area without exposed lights is left out"
    house.hide(flat, *(light.entity_id for light in home.lights))
    assert home_of(flat).areas == home_of(flat).floors == home_of(flat).lights == ()


async def test_a_light_without_area_takes_its_device_s(flat: HomeAssistant) -> None:
    device = dr.async_get(flat).async_get(house.speaker(flat, "balcony"))
    assert device is not None
    er.async_get(flat).async_update_entity(STRIP, area_id=None, device_id=device.id)
    assert STRIP in {light.entity_id for light in home_of(flat).lights_in("balcony")}


async def test_a_name_given_by_the_user_and_a_state_without_registry(flat: HomeAssistant) -> None:
    er.async_get(flat).async_update_entity(STRIP, name="Rangin Batti", aliases=["Indreni"])
    await flat.async_block_till_done()
    flat.states.async_set("light.ghost", "off", {"friendly_name": "Bhoot"})
    lights = {light.entity_id: light for light in home_of(flat).lights}
    assert (lights[STRIP].name, lights[STRIP].aliases) == ("Rangin Batti", ("Indreni",))
    assert (lights["light.ghost"].name, lights["light.ghost"].can_dim) == ("Bhoot", False)


async def test_where_the_speaker_is(flat: HomeAssistant) -> None:
    assert speaker_area(flat, None, house.speaker(flat, "balcony")) == "balcony"
    registry = er.async_get(flat)
    satellite = registry.async_get_or_create("assist_satellite", "test", "1").entity_id
    assert speaker_area(flat, satellite, house.speaker(flat, "balcony")) == "balcony"
    registry.async_update_entity(satellite, area_id="kitchen")
    assert speaker_area(flat, satellite, house.speaker(flat, "balcony")) == "kitchen"
    assert speaker_area(flat, None, None) is speaker_area(flat, "assist_satellite.gone", "gone") is None


async def test_a_room_is_called_light_by_light(flat: HomeAssistant) -> None:
    calls = house.watch_calls(flat)
    outcome = await do(flat, turn_on(ROOM))
    assert set(outcome.changed) == house.on(flat) == set(house.lights_called(calls)) == {JHUMAR, STRIP, LAMP}
    assert outcome.unable == ()


async def test_dimming_a_room_leaves_a_light_alone_that_cannot(flat: HomeAssistant) -> None:
    outcome = await do(flat, turn_on(ROOM, brightness_pct=40))
    assert house.on(flat) == {JHUMAR, STRIP}
    assert house.looks(flat)[JHUMAR]["brightness_pct"] == 40
    assert outcome.unable == (), "the others could, so nobody needs to hear of the lamp"


async def test_full_brightness_of_a_light_that_cannot_dim_is_on(flat: HomeAssistant) -> None:
    await do(flat, turn_on(ROOM, brightness_pct=100))
    assert house.on(flat) == {JHUMAR, STRIP, LAMP}


@pytest.mark.parametrize(
    ("entity_id", "data", "what"),
    [
        (LAMP, {"brightness_pct": 40}, "brightness"),
        (LAMP, {"brightness_step_pct": -20}, "brightness"),
        (JHUMAR, {"color_name": "red"}, "color"),
        ("light.kitchen_main", {"color_temp_kelvin": 2700}, "color_temp"),
        ("light.kitchen_main", {"brightness_pct": 30, "color_name": "red"}, "color"),
    ],
)
async def test_a_named_light_that_cannot_is_told_of(
    flat: HomeAssistant, entity_id: str, data: dict[str, Any], what: str
) -> None:
    outcome = await do(flat, turn_on({"entity_id": entity_id}, **data))
    name = flat.states.get(entity_id).name  # type: ignore[union-attr]
    assert outcome == Outcome((), (Unable(entity_id, name, what),))
    assert house.on(flat) == set()


async def test_a_room_in_which_no_light_can_is_told_of(flat: HomeAssistant) -> None:
    outcome = await do(flat, turn_on({"area_id": "kitchen"}, color_name="red"))
    assert {unable.what for unable in outcome.unable} == {"color"}
    assert len(outcome.unable) == 2
    assert house.on(flat) == set()


@pytest.mark.parametrize(("asked", "shown"), [(1500, 2200), (9000, 6500), (4000, 4000)])
async def test_a_colour_temperature_out_of_reach_becomes_the_nearest(
    flat: HomeAssistant, asked: int, shown: int
) -> None:
    await do(flat, turn_on({"entity_id": JHUMAR}, color_temp_kelvin=asked))
    assert house.looks(flat)[JHUMAR]["color_temp_kelvin"] == shown


async def test_warm_on_a_light_that_has_colours_only(flat: HomeAssistant) -> None:
    outcome = await do(flat, turn_on({"entity_id": "light.jhyaure"}, color_temp_kelvin=2700))
    assert outcome.changed == ("light.jhyaure",)
    red, green, blue = house.looks(flat)["light.jhyaure"]["rgb_color"]
    assert red > green > blue


async def test_an_unavailable_light_is_told_of_and_the_rest_go_on(flat: HomeAssistant) -> None:
    flat.states.async_set(STRIP, "unavailable", flat.states.get(STRIP).attributes)  # type: ignore[union-attr]
    outcome = await do(flat, turn_on(ROOM))
    assert house.on(flat) == {JHUMAR, LAMP}
    assert [(unable.entity_id, unable.what) for unable in outcome.unable] == [(STRIP, "unavailable")]


@pytest.mark.parametrize("fault", [HomeAssistantError("bulb says no"), OSError("no route"), TimeoutError()])
async def test_a_light_that_fails_is_told_of_and_the_rest_go_on(
    flat: HomeAssistant, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    async def broken(**kwargs: Any) -> None:
        raise fault

    monkeypatch.setattr(flat.data["light"].get_entity(LAMP), "async_turn_on", broken)
    outcome = await do(flat, turn_on(ROOM), turn_on({"area_id": "puja"}))
    assert house.on(flat) == {JHUMAR, STRIP, "light.puja_1"}
    assert [(unable.entity_id, unable.what) for unable in outcome.unable] == [(LAMP, "failed")]


async def test_a_light_that_never_answers_holds_up_nothing(
    flat: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def asleep(**kwargs: Any) -> None:
        await asyncio.sleep(3600)

    monkeypatch.setattr("custom_components.batti.exposed_lights._PATIENCE", 0.1)
    monkeypatch.setattr(flat.data["light"].get_entity(LAMP), "async_turn_on", asleep)
    outcome = await do(flat, turn_on(ROOM))
    assert set(outcome.changed) == {JHUMAR, STRIP}
    assert [(unable.entity_id, unable.what) for unable in outcome.unable] == [(LAMP, "failed")]


async def test_a_light_that_the_speaker_may_not_control(flat: HomeAssistant, hass_read_only_user: MockUser) -> None:
    hass_read_only_user.mock_policy({CAT_ENTITIES: {"entity_ids": {JHUMAR: True}}})
    outcome = await do(flat, turn_on(ROOM), user=hass_read_only_user)
    assert house.on(flat) == {JHUMAR}
    assert {(unable.entity_id, unable.what) for unable in outcome.unable} == {
        (STRIP, "unauthorized"),
        (LAMP, "unauthorized"),
    }


async def test_calls_carry_the_speaker_s_context(flat: HomeAssistant, hass_admin_user: MockUser) -> None:
    calls = house.watch_calls(flat)
    await do(flat, turn_on(ROOM), user=hass_admin_user)
    assert {call.context.user_id for call in calls} == {hass_admin_user.id}


async def test_actions_run_in_the_order_said(flat: HomeAssistant) -> None:
    everything = Action("light.turn_off", {"entity_id": ("all",)})
    outcome = await do(flat, turn_on(ROOM), everything, turn_on({"entity_id": LAMP}))
    assert house.on(flat) == {LAMP}
    assert len(outcome.changed) == len(set(outcome.changed)) == len(home_of(flat).lights)


async def test_an_area_that_was_removed_leaves_no_trace(flat: HomeAssistant) -> None:
    ar.async_get(flat).async_delete("kitchen")
    await flat.async_block_till_done()
    assert {light.area_id for light in home_of(flat).lights if light.entity_id == "light.kitchen_main"} == {None}
