"""Home Assistant's two edges, with plans made by hand: no model is asked here."""

from __future__ import annotations

import asyncio
from typing import Any
from unittest.mock import Mock

import pytest
from homeassistant.auth.permissions.const import CAT_ENTITIES
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.batti.exposed_lights import home_of, perform, speaker_area
from custom_components.batti.interpreter.home import load_home
from custom_components.batti.interpreter.language.plan import Action, Plan
from custom_components.batti.interpreter.reply import Description, Outcome, Unable

from . import house


async def do(hass: HomeAssistant, *actions: Action, user: MockUser | None = None) -> Outcome:
    return await perform(hass, Plan(actions), home_of(hass), Context(user_id=user.id if user else None))


def turn_on(target: dict[str, str], **data: Any) -> Action:
    return Action("light.turn_on", {key: (value,) for key, value in target.items()}, data)


def told(outcome: Outcome) -> dict[str, str]:
    return {unable.entity_id: unable.what for unable in outcome.unable}


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


async def test_a_name_that_the_user_took_off(flat: HomeAssistant) -> None:
    """In the settings of an entity for voice assistants, its own name is one of a list of names."""
    er.async_get(flat).async_update_entity(STRIP, aliases=["Indreni"])
    er.async_get(flat).async_update_entity(LAMP, aliases=[])
    name = flat.states.get(JHUMAR).name  # type: ignore[union-attr]
    er.async_get(flat).async_update_entity(JHUMAR, aliases=[name])
    lights = {light.entity_id: light for light in home_of(flat).lights}
    assert (lights[STRIP].answers_to_name, lights[STRIP].names) == (False, ("Indreni",))
    assert (lights[LAMP].answers_to_name, lights[LAMP].names) == (False, ())
    assert lights[JHUMAR].names == (name,), "typed by the user"
    assert lights["light.puja_1"].answers_to_name
    await do(flat, turn_on(ROOM))
    assert house.on(flat) == {JHUMAR, STRIP, LAMP}, "without a name it still is in its room"


async def test_the_lights_of_a_group(flat: HomeAssistant) -> None:
    members = [STRIP, JHUMAR]
    options = {"group_type": "light", "name": "Baithak Sabai", "entities": members, "hide_members": False}
    group = MockConfigEntry(domain="group", title="Baithak Sabai", options=options)
    group.add_to_hass(flat)
    assert await flat.config_entries.async_setup(group.entry_id)
    await flat.async_block_till_done()
    flat.states.async_set("light.zigbee_group", "off", {"group_entities": [LAMP, JHUMAR, "light.hidden"]})
    flat.states.async_set("light.hue_room", "off", {"entity_id": {STRIP, JHUMAR}})
    lights = {light.entity_id: light for light in home_of(flat).lights}
    assert lights["light.hue_room"].members == (JHUMAR, STRIP)
    assert lights["light.baithak_sabai"].members == tuple(members)
    assert lights["light.zigbee_group"].members == (LAMP, JHUMAR, "light.hidden")
    assert lights[STRIP].members == ()


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


async def test_dimming_a_room_turns_a_light_on_that_cannot(flat: HomeAssistant) -> None:
    outcome = await do(flat, turn_on(ROOM, brightness_pct=40))
    assert house.on(flat) == set(outcome.changed) == {JHUMAR, STRIP, LAMP}
    assert house.looks(flat)[JHUMAR]["brightness_pct"] == house.looks(flat)[STRIP]["brightness_pct"] == 40
    assert told(outcome) == {LAMP: "only_on"}


async def test_a_named_light_that_cannot_be_dimmed_is_turned_on(flat: HomeAssistant) -> None:
    outcome = await do(flat, turn_on({"entity_id": LAMP}, brightness_pct=40))
    assert house.on(flat) == set(outcome.changed) == {LAMP}
    assert told(outcome) == {LAMP: "only_on"}


async def test_full_brightness_of_a_light_that_cannot_dim_is_on(flat: HomeAssistant) -> None:
    await do(flat, turn_on(ROOM, brightness_pct=100))
    assert house.on(flat) == {JHUMAR, STRIP, LAMP}


@pytest.mark.parametrize(
    ("entity_id", "data", "what"),
    [
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


@pytest.mark.parametrize("fault", [None, HomeAssistantError("bulb says no")])
async def test_a_slow_light_goes_on_while_the_speaker_is_answered(
    flat: HomeAssistant, monkeypatch: pytest.MonkeyPatch, fault: Exception | None
) -> None:
    entity = flat.data["light"].get_entity(LAMP)
    turn_on_at_once, answer = entity.async_turn_on, asyncio.Event()

    async def slow(**kwargs: Any) -> None:
        await answer.wait()
        if fault:
            raise fault
        await turn_on_at_once(**kwargs)

    logger = Mock()
    monkeypatch.setattr("custom_components.batti.exposed_lights._LOGGER", logger)
    monkeypatch.setattr("custom_components.batti.exposed_lights._PATIENCE", 0.1)
    monkeypatch.setattr(entity, "async_turn_on", slow)
    outcome = await do(flat, turn_on(ROOM))
    assert set(outcome.changed) == {JHUMAR, STRIP, LAMP}
    assert told(outcome) == {LAMP: "waiting"}
    assert house.on(flat) == {JHUMAR, STRIP}
    answer.set()
    await flat.async_block_till_done(wait_background_tasks=True)
    assert house.on(flat) == ({JHUMAR, STRIP} if fault else {JHUMAR, STRIP, LAMP})
    assert logger.exception.called == bool(fault)


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


async def test_a_step_counts_from_each_light_s_own_brightness(flat: HomeAssistant) -> None:
    await house.switch(flat, "turn_on", JHUMAR, brightness_pct=70)
    await house.switch(flat, "turn_on", STRIP, brightness_pct=10)
    outcome = await do(flat, turn_on(ROOM, brightness_step_pct=-20))
    looks = house.looks(flat)
    assert (looks[JHUMAR]["brightness_pct"], looks[STRIP]["brightness_pct"]) == (50, 1), "a step down is not off"
    assert outcome == Outcome((JHUMAR, STRIP), now_pct={JHUMAR: 50, STRIP: 1})
    outcome = await do(flat, turn_on(ROOM, brightness_step_pct=60))
    assert outcome.now_pct == {JHUMAR: 100, STRIP: 61}


async def test_a_step_down_turns_nothing_on_or_off(flat: HomeAssistant) -> None:
    await house.switch(flat, "turn_on", STRIP, brightness_pct=60)
    calls = house.watch_calls(flat)
    outcome = await do(flat, turn_on(ROOM, brightness_step_pct=-20))
    assert house.on(flat) == set(house.lights_called(calls)) == {STRIP}
    assert outcome == Outcome((STRIP,), now_pct={STRIP: 40})


async def test_lights_that_are_off_are_as_dim_as_can_be(flat: HomeAssistant) -> None:
    outcome = await do(flat, turn_on({"area_id": "puja"}, brightness_step_pct=-20))
    assert house.on(flat) == set()
    assert outcome == Outcome(("light.puja_1",), now_pct={"light.puja_1": 0})


async def test_a_word_such_as_dim_makes_no_light_brighter(flat: HomeAssistant) -> None:
    for entity_id, percent in ((JHUMAR, 80), (STRIP, 25)):
        await house.switch(flat, "turn_on", entity_id, brightness_pct=percent)
    dim = Action("light.turn_on", {"area_id": ("sitting_room",)}, {"brightness_pct": 30}, dims=True)
    assert (await do(flat, dim)).now_pct == {JHUMAR: 30, STRIP: 5}
    outcome = await do(flat, dim)
    assert outcome.now_pct == {JHUMAR: 10, STRIP: 1}
    assert told(outcome) == {LAMP: "only_on"}
    bedroom = Action("light.turn_on", {"entity_id": ("light.bed_left",)}, {"brightness_pct": 30}, dims=True)
    assert (await do(flat, bedroom)).now_pct == {"light.bed_left": 30}, "it was off"


async def test_white_of_lamps_that_have_no_colours(flat: HomeAssistant) -> None:
    outcome = await do(flat, turn_on({"entity_id": "all"}, color_name="white"))
    lights = home_of(flat).lights
    assert outcome.unable == ()
    assert set(outcome.changed) == house.on(flat) == {light.entity_id for light in lights}
    looks = house.looks(flat)
    assert looks[JHUMAR]["color_temp_kelvin"] == 4000
    assert looks[STRIP]["rgb_color"] == (255, 255, 255)
    assert told(await do(flat, turn_on({"entity_id": LAMP}, color_temp_kelvin=2700))) == {LAMP: "color_temp"}


def ask(target: dict[str, str], what: str = "") -> Action:
    data = {"ask": what} if what else {}
    return Action("batti.describe", {key: (value,) for key, value in target.items()}, data, ("baithak",))


async def test_lights_that_cannot_be_reached_are_not_off(flat: HomeAssistant) -> None:
    names = {light.entity_id: light.name for light in home_of(flat).lights}
    await house.switch(flat, "turn_on", JHUMAR)
    flat.states.async_set(STRIP, "unavailable", flat.states.get(STRIP).attributes)  # type: ignore[union-attr]
    flat.states.async_set(LAMP, "unknown", flat.states.get(LAMP).attributes)  # type: ignore[union-attr]
    outcome = await do(flat, ask(ROOM))
    assert outcome.described == (Description(("baithak",), (names[JHUMAR],), 1, (names[STRIP], names[LAMP])),)


async def test_how_bright_lights_are_and_in_which_colour(flat: HomeAssistant) -> None:
    names = {light.entity_id: light.name for light in home_of(flat).lights}
    await house.switch(flat, "turn_on", JHUMAR, brightness_pct=40, color_temp_kelvin=2700)
    await house.switch(flat, "turn_on", STRIP, brightness_pct=7, color_name="green")
    await house.switch(flat, "turn_on", LAMP)
    on = (names[JHUMAR], names[STRIP], names[LAMP])
    outcome = await do(flat, ask(ROOM, "brightness"), ask(ROOM, "color"), ask(ROOM, "count"))
    assert outcome.described == (
        Description(("baithak",), on, 3, (), "brightness", ("40%", "7%", "")),
        Description(("baithak",), on, 3, (), "color", ("2700 K", "green", "")),
        Description(("baithak",), on, 3, (), "count"),
    )


@pytest.mark.parametrize("colour", ["red", "blue", "yellow", "white", "orange", "pink", "cyan", "purple"])
async def test_a_colour_has_the_name_that_it_was_asked_by(flat: HomeAssistant, colour: str) -> None:
    outcome = await do(flat, turn_on({"entity_id": STRIP}, color_name=colour), ask({"entity_id": STRIP}, "color"))
    assert [one.shown for one in outcome.described] == [(colour,)]
