"""Lamps on switches: which switches are called, and how."""

from __future__ import annotations

from typing import Any

import pytest
from homeassistant.components.switch import DOMAIN as SWITCH
from homeassistant.components.switch import SwitchEntity
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_component import DATA_INSTANCES
from homeassistant.setup import async_setup_component

from custom_components.batti.exposed_lights import home_of, perform
from custom_components.batti.interpreter.language.plan import Action, Plan
from custom_components.batti.interpreter.reply import Outcome
from custom_components.batti.lamp_switches import Chance, chance_of

from . import house

LAMPS = [
    "Porch Lamp",
    "Pindhi ko Batti",
    "आँगनको बत्ती",
    "Chhat ko chim",
    "Kitchen Light Switch",
    "LED Strip",
    "TV Room Light",
]
THINGS = [
    *(
        "Ceiling Fan",
        "Pankha",
        "पंखा",
        "Water Pump",
        "Pani Motor",
        "पानीको मोटर",
        "Bathroom Geyser",
        "गिजर",
        "Room Heater",
    ),
    *(
        "Heat Lamp",
        "TV",
        "टिभी",
        "Smart Plug 3",
        "Lamp Socket",
        "Bedroom AC",
        "Fridge",
        "फ्रिज",
        "WiFi Router",
        "Main Gate",
    ),
    *("Door Lock", "Washing Machine", "Inverter", "Main Switch", "Light & Fan", "Pump Light"),
]
UNCLEAR = ["Sonoff 1000A", "Main", "Strip", "Kitchen", "Nani ko", "Do not disturb", "Fan Light", "Gate ko Batti"]


@pytest.mark.parametrize("name", LAMPS)
def test_a_lamp_by_its_name(name: str) -> None:
    assert chance_of([name]) is Chance.SURE


@pytest.mark.parametrize("name", THINGS)
def test_another_thing_by_its_name(name: str) -> None:
    assert chance_of([name]) is Chance.NEVER
    assert chance_of([name, "Thulo Batti"]) is Chance.NEVER


@pytest.mark.parametrize("name", UNCLEAR)
def test_a_name_that_does_not_tell(name: str) -> None:
    assert chance_of([name]) is Chance.MAYBE


class Relay(SwitchEntity):
    """A switch that does what it is told."""

    _attr_should_poll = False
    _attr_is_on = False

    def __init__(self, object_id: str, name: str, device_class: str | None = None) -> None:
        self.entity_id = f"switch.{object_id}"
        self._attr_unique_id = object_id
        self._attr_name = name
        self._attr_device_class = device_class  # type: ignore[assignment]

    async def async_turn_on(self, **kwargs: Any) -> None:
        self._attr_is_on = True
        self.async_write_ha_state()

    async def async_turn_off(self, **kwargs: Any) -> None:
        self._attr_is_on = False
        self.async_write_ha_state()


@pytest.fixture
async def relays(flat: HomeAssistant) -> HomeAssistant:
    """The flat, with some switches in its kitchen."""
    assert await async_setup_component(flat, SWITCH, {})
    switches = [
        Relay("porch", "Porch Lamp"),
        Relay("sonoff", "Sonoff 1000A"),
        Relay("pump", "Pani Motor"),
        Relay("outlet", "Bed Lamp", "outlet"),
    ]
    await flat.data[DATA_INSTANCES][SWITCH].async_add_entities(switches)
    for switch in switches:
        er.async_get(flat).async_update_entity(switch.entity_id, area_id="kitchen")
    return flat


async def do(hass: HomeAssistant, action: str, entity_id: str, **data: Any) -> Outcome:
    return await perform(hass, Plan((Action(action, {"entity_id": (entity_id,)}, data),)), home_of(hass), Context())


async def test_which_switches_are_lamps(relays: HomeAssistant) -> None:
    switches = {light.entity_id: light for light in home_of(relays).lights if light.entity_id.startswith("switch.")}
    assert {entity_id: light.is_sure for entity_id, light in switches.items()} == {
        "switch.porch": True,
        "switch.sonoff": False,
    }
    porch = switches["switch.porch"]
    assert (porch.name, porch.area_id, porch.color_modes) == ("Porch Lamp", "kitchen", {"onoff"})
    assert all(light.is_sure for light in home_of(relays).lights if light.entity_id.startswith("light."))


async def test_an_alias_tells_of_a_lamp(relays: HomeAssistant) -> None:
    er.async_get(relays).async_update_entity("switch.sonoff", aliases=[er.COMPUTED_NAME, "Pindhi ko Batti"])
    assert {light.entity_id: light.is_sure for light in home_of(relays).lights}["switch.sonoff"]
    er.async_get(relays).async_update_entity("switch.sonoff", aliases=[er.COMPUTED_NAME, "Pindhi ko Pankha"])
    assert "switch.sonoff" not in {light.entity_id for light in home_of(relays).lights}


async def test_what_the_user_says_is_a_lamp(relays: HomeAssistant) -> None:
    ticked = ["switch.pump", "switch.outlet", "switch.sonoff", "switch.gone"]
    sure = {light.entity_id for light in home_of(relays, ticked).lights if light.is_sure}
    assert {"switch.pump", "switch.outlet", "switch.sonoff", "switch.porch"} <= sure
    assert "switch.gone" not in sure
    house.hide(relays, "switch.pump")
    assert "switch.pump" not in {light.entity_id for light in home_of(relays, ticked).lights}, "exposure comes first"


async def test_the_option_reaches_the_home(relays: HomeAssistant) -> None:
    entry = await house.add_batti(relays)
    assert "switch.pump" not in {light.entity_id for light in (await entry.runtime_data.home()).lights}
    result = await relays.config_entries.options.async_init(entry.entry_id)
    chosen = {"lamps": ["switch.pump"], "deadline": 10}
    await relays.config_entries.options.async_configure(result["flow_id"], chosen)
    await relays.async_block_till_done()
    lights = {light.entity_id: light for light in (await entry.runtime_data.home()).lights}
    assert lights["switch.pump"].is_sure


@pytest.mark.parametrize("data", [{}, {"brightness_pct": 100}, {"color_name": "white"}, {"transition": 2}])
async def test_a_lamp_on_a_switch_is_turned_on_and_off(relays: HomeAssistant, data: dict[str, Any]) -> None:
    calls = house.watch_calls(relays)
    assert await do(relays, "light.turn_on", "switch.porch", **data) == Outcome(("switch.porch",))
    assert relays.states.is_state("switch.porch", "on")
    assert await do(relays, "light.turn_off", "switch.porch") == Outcome(("switch.porch",))
    assert relays.states.is_state("switch.porch", "off")
    await do(relays, "light.toggle", "switch.porch")
    assert relays.states.is_state("switch.porch", "on")
    assert [call.data["service_data"] for call in calls] == [{"entity_id": "switch.porch"}] * 3


async def test_a_lamp_on_a_switch_has_no_brightness_and_no_colours(relays: HomeAssistant) -> None:
    outcome = await do(relays, "light.turn_on", "switch.porch", brightness_pct=40)
    assert relays.states.is_state("switch.porch", "on")
    assert (outcome.changed, [unable.what for unable in outcome.unable]) == (("switch.porch",), ["only_on"])
    for data, what in (({"brightness_step_pct": 20}, "brightness"), ({"color_name": "red"}, "color")):
        outcome = await do(relays, "light.turn_on", "switch.porch", **data)
        assert (outcome.changed, [unable.what for unable in outcome.unable]) == ((), [what])


async def test_an_area_with_a_lamp_on_a_switch_only(relays: HomeAssistant) -> None:
    area = ar.async_get(relays).async_create("Pindhi")
    er.async_get(relays).async_update_entity("switch.porch", area_id=area.id)
    assert [light.entity_id for light in home_of(relays).lights_in(area.id)] == ["switch.porch"]


async def test_a_switch_that_home_assistant_shows_as_a_light(relays: HomeAssistant) -> None:
    """The better way: the helper "Change device type of a switch" makes a light of it, and hides the switch."""
    flow = await relays.config_entries.flow.async_init("switch_as_x", context={"source": "user"})
    chosen = {"entity_id": "switch.porch", "target_domain": "light", "invert": False}
    await relays.config_entries.flow.async_configure(flow["flow_id"], chosen)
    await relays.async_block_till_done()
    lights = {light.entity_id: light for light in home_of(relays).lights}
    assert "switch.porch" not in lights
    assert lights["light.porch_lamp"].is_sure
    await do(relays, "light.turn_on", "light.porch_lamp")
    assert relays.states.is_state("switch.porch", "on")
