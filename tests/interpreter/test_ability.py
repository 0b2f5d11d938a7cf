"""What an action makes of a light is held against Home Assistant's own light integration."""

from __future__ import annotations

from itertools import combinations, product
from typing import Any

import pytest
from homeassistant.components.light import (
    COLOR_MODES_COLOR,
    DATA_COMPONENT,
    ColorMode,
    LightEntity,
    LightEntityFeature,
    brightness_supported,
    color_supported,
    color_temp_supported,
    valid_supported_color_modes,
)
from homeassistant.core import Context, HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util.color import (
    color_hs_to_RGB,
    color_hs_to_xy,
    color_name_to_rgb,
    color_RGB_to_hs,
    color_rgbww_to_rgb,
    color_temperature_to_hs,
    color_temperature_to_rgbww,
)
from probatio import Error

from custom_components.batti.exposed_lights import home_of, perform
from custom_components.batti.interpreter.ability import Ability, State, effect, lacking, only_on
from custom_components.batti.interpreter.home import Light
from custom_components.batti.interpreter.language.items import DATA_FAMILIES, DESCRIBE, FAMILIES_OF, OFF, ON, TOGGLE
from custom_components.batti.interpreter.language.plan import Action, Plan

from .. import house

Modes = frozenset[ColorMode]
Look = dict[str, Any]

# Every kind of data that an action may have; kelvins below what the lights here can show, within it, and above.
BRIGHTNESS: list[dict[str, Any]] = [
    {},
    {"brightness_pct": 30},
    {"brightness_pct": 100},
    {"brightness_step_pct": 20},
    {"brightness_step_pct": -20},
    {"brightness_step_pct": -100},
]
COLOUR: list[dict[str, Any]] = [
    {},
    {"color_name": "navy"},
    {"color_name": "white"},
    *({"color_temp_kelvin": kelvin} for kelvin in (1500, 4000, 9000)),
]
MANNER: list[dict[str, Any]] = [{}, {"transition": 2, "flash": "short"}]

# A light begins in the first of these modes that it has: with 40 %, and where that has one, a colour or a white.
BEGIN: dict[ColorMode, dict[str, Any]] = {
    ColorMode.WHITE: {},
    ColorMode.HS: {"hs_color": (120, 100)},
    ColorMode.RGB: {"rgb_color": (0, 255, 0)},
    ColorMode.RGBW: {"rgbw_color": (0, 255, 0, 0)},
    ColorMode.RGBWW: {"rgbww_color": (0, 255, 0, 0, 0)},
    ColorMode.XY: {"xy_color": color_hs_to_xy(120, 100)},
    ColorMode.COLOR_TEMP: {"color_temp_kelvin": 3000},
    ColorMode.BRIGHTNESS: {},
    ColorMode.ONOFF: {},
}
MODE_OF = {attribute: mode for mode, attributes in BEGIN.items() for attribute in attributes}

# Of 255. Colours are told as whole numbers from 0 to 255, and Home Assistant's way through xy is less exact than that: pure
# blue comes back 11 off.
ALIKE = 12


def _allowed(modes: Modes) -> bool:
    try:
        return bool(valid_supported_color_modes(modes))
    except Error:
        return False


SETS = [frozenset(modes) for count in (1, 2) for modes in combinations(ColorMode, count)] + [
    frozenset(COLOR_MODES_COLOR | {ColorMode.COLOR_TEMP, ColorMode.WHITE})
]
MODES: list[Modes] = [modes for modes in SETS if _allowed(modes)]
"""What Home Assistant allows a light to have: one mode, any two, and all at once.

It looks for one mode after the other when it converts a colour, so twos show each of its preferences.
"""


class RememberingLight(LightEntity):
    """A light that does what it is told, and remembers the rest."""

    _attr_should_poll = False
    _attr_supported_features = LightEntityFeature.FLASH | LightEntityFeature.TRANSITION

    def __init__(self, modes: Modes, begins: str) -> None:
        self.entity_id = f"light.{'_'.join(sorted(modes))}_{begins}"
        self.begins = begins
        self._attr_supported_color_modes = set(modes)
        if ColorMode.COLOR_TEMP in modes:
            self._attr_min_color_temp_kelvin, self._attr_max_color_temp_kelvin = 2200, 5500
        self._mode = next(mode for mode in BEGIN if mode in modes)

    def beginning(self) -> State:
        """How it is at the beginning, and of a light that is off what it remembers."""
        state: State = {"state": self.begins}
        if self._mode != ColorMode.ONOFF:
            state["brightness_pct"] = 40
        if self._mode == ColorMode.COLOR_TEMP:
            state["color_temp_kelvin"] = 3000
        elif BEGIN[self._mode]:
            state["color_name"] = "lime"
        return state

    def begin(self, brightness: int | None = 102) -> None:
        """Be as at the beginning; 102 of 255 is 40 %."""
        self._attr_is_on = self.begins == "on"
        self._attr_color_mode = self._mode
        self._attr_brightness = brightness
        for attribute, value in BEGIN[self._mode].items():
            setattr(self, f"_attr_{attribute}", value)
        self.async_write_ha_state()

    async def async_turn_on(self, **kwargs: Any) -> None:
        self._attr_is_on = True
        if "white" in kwargs:
            self._attr_color_mode, kwargs["brightness"] = ColorMode.WHITE, kwargs.pop("white")
        for attribute, value in kwargs.items():
            setattr(self, f"_attr_{attribute}", value)
            self._attr_color_mode = MODE_OF.get(attribute, self._attr_color_mode)
        if "color_temp_kelvin" in kwargs:
            limits = self.min_color_temp_kelvin, self.max_color_temp_kelvin
            self._attr_color_temp_kelvin = min(max(kwargs["color_temp_kelvin"], limits[0]), limits[1])
        self.async_write_ha_state()

    async def async_turn_off(self, **kwargs: Any) -> None:
        self._attr_is_on = False
        self.async_write_ha_state()


@pytest.fixture
async def lights(hass: HomeAssistant) -> list[RememberingLight]:
    """Lights of all kinds in one core, each kind once off and once on."""
    for core in ("homeassistant", "light"):
        assert await async_setup_component(hass, core, {})
    lights = [RememberingLight(modes, begins) for modes, begins in product(MODES, ("off", "on"))]
    await hass.data[DATA_COMPONENT].async_add_entities(lights)
    return lights


def test_all_that_an_action_may_say_is_here() -> None:
    """What a light action may say, that is: the last family of data says what a question is about."""
    *families, asked = ({line.partition(":")[0].strip() for line in family} for family in DATA_FAMILIES)
    assert {key for data in (*BRIGHTNESS, *COLOUR, *MANNER) for key in data} == set().union(*families)
    assert asked == {"ask"}
    last = len(families)
    assert {name for name, allowed in FAMILIES_OF.items() if last in allowed} == {DESCRIBE}
    assert {mode for modes in MODES for mode in modes} == set(BEGIN) == set(ColorMode) - {ColorMode.UNKNOWN}


@pytest.mark.parametrize("modes", MODES, ids=lambda modes: "_".join(sorted(modes)))  # workers have to agree on names
def test_what_a_light_can_do(modes: Modes) -> None:
    light = Light("light.a", "A", color_modes=frozenset(map(str, modes)))
    assert light.can_dim == brightness_supported(modes)
    assert light.has_color == color_supported(modes)
    assert light.has_color_temp == color_temp_supported(modes)


async def test_an_action_makes_of_a_light_what_home_assistant_makes_of_it(
    hass: HomeAssistant, lights: list[RememberingLight], subtests: pytest.Subtests
) -> None:
    """Every action with every kind of data, on lights of every kind, off and on before."""
    several = [(ON, a | b | c) for a, b, c in product(BRIGHTNESS, COLOUR, MANNER)]
    several += [(TOGGLE, data) for data in (*BRIGHTNESS, *COLOUR[1:])]
    several += [(OFF, {}), (OFF, {"transition": 2})]
    for name, data in several:
        with subtests.test(msg=f"{name} {data}"):
            for light in lights:
                light.begin()
            await _compare(hass, Action(name, {"entity_id": tuple(light.entity_id for light in lights)}, data), lights)


async def test_a_step_where_the_brightness_is_not_known(
    hass: HomeAssistant, lights: list[RememberingLight], subtests: pytest.Subtests
) -> None:
    for step in (20, -20):
        with subtests.test(msg=f"{step} %"):
            for light in lights:
                light.begin(brightness=None)
            ids = tuple(light.entity_id for light in lights)
            await _compare(hass, Action(ON, {"entity_id": ids}, {"brightness_step_pct": step}), lights, known=False)


async def test_a_word_such_as_dim(
    hass: HomeAssistant, lights: list[RememberingLight], subtests: pytest.Subtests
) -> None:
    """The lights that are on have 40 %."""
    dimmable = Light("light.a", "A", color_modes=frozenset({"brightness"}))
    for asked, shown in ((30, 30), (40, 20), (50, 20)):
        with subtests.test(msg=f"{asked} %"):
            for light in lights:
                light.begin()
            ids = tuple(light.entity_id for light in lights)
            dim = Action(ON, {"entity_id": ids}, {"brightness_pct": asked}, dims=True)
            assert effect(dim, dimmable, {"state": "on", "brightness_pct": 40})["brightness_pct"] == shown
            assert effect(dim, dimmable, {"state": "off"})["brightness_pct"] == asked
            await _compare(hass, dim, lights)


def test_relative_words_are_relative() -> None:
    """Whatever the brightness: up is never darker, down is never brighter, and down is not off."""
    light = Light("light.a", "A", color_modes=frozenset({"brightness"}))
    for before, step in product(range(101), (-100, -20, -1, 1, 20, 100)):
        state = {"state": "on", "brightness_pct": before}
        after = effect(Action(ON, {}, {"brightness_step_pct": step}), light, state)
        assert after["state"] == "on"
        assert 1 <= after["brightness_pct"] <= 100
        assert step * (after["brightness_pct"] - max(before, 1)) >= 0
    unknown = effect(Action(ON, {}, {"brightness_step_pct": -20}), light, {"state": "on"})
    assert unknown == {"state": "on", "brightness_pct": 80}, "a light that does not tell is likely fully on"


async def test_home_assistant_leaves_out_what_a_light_lacks(
    hass: HomeAssistant, lights: list[RememberingLight]
) -> None:
    """Batti does not call it then; asked all the same, it turns the light on and shows something else."""
    ours = {light.entity_id: light for light in home_of(hass).lights}
    several: list[tuple[dict[str, Any], Ability]] = [
        ({"brightness_step_pct": 20}, Ability.BRIGHTNESS),
        ({"color_name": "navy"}, Ability.COLOR),
        ({"color_temp_kelvin": 4000}, Ability.COLOR_TEMP),
    ]
    for data, needed in several:
        for light in lights:
            light.begin()
        await house.switch(hass, "turn_on", [light.entity_id for light in lights], **data)
        for entity_id, look in house.looks(hass).items():
            if (what := lacking(data, ours[entity_id])) is None:
                continue
            assert what == needed
            if needed == Ability.BRIGHTNESS:
                assert "brightness_pct" not in look
            else:
                assert not _same(look, look | _look(ours[entity_id], {"state": "on"} | data))


async def _compare(hass: HomeAssistant, action: Action, lights: list[RememberingLight], known: bool = True) -> None:
    """Carry the action out as the house does; every light must look as `effect` says, and be told of if it lacks something.

    Args:
        known: whether the lights know their brightness at the beginning.
    """
    home = home_of(hass)
    ours = {light.entity_id: light for light in home.lights}
    outcome = await perform(hass, Plan((action,)), home, Context())
    looks = house.looks(hass)
    for light in lights:
        it, before = ours[light.entity_id], light.beginning()
        if not known:
            before.pop("brightness_pct", None)
        after = effect(action, it, before)
        found, wanted = looks[light.entity_id], _look(it, after)
        assert _same(found, wanted), f"{light.entity_id} is {found}, not {wanted}"
    told = {unable.entity_id: unable.what for unable in outcome.unable}
    assert {entity_id: what for entity_id, what in told.items() if what != "only_on"} == {
        entity_id: what for entity_id, light in ours.items() if (what := lacking(action.data, light)) is not None
    }
    assert {entity_id for entity_id, what in told.items() if what == "only_on"} == {
        entity_id
        for entity_id, light in ours.items()
        if lacking(action.data, light) is None and only_on(action.data, light) and looks[entity_id]["state"] == "on"
    }


def _look(light: Light, state: State) -> Look:
    """A state as `house.looks` tells it; a white is a colour on lights that have colours only."""
    if state["state"] == "off":
        return {"state": "off"}
    assert not {"color_name", "color_temp_kelvin"} <= state.keys(), "one colour at a time"
    look = {key: value for key, value in state.items() if key != "color_name"}
    if "color_name" in state and not (state["color_name"] == "white" and "white" in light.color_modes):
        look["rgb_color"] = color_name_to_rgb(state["color_name"])
    elif "color_temp_kelvin" in state and not light.has_color_temp:
        kelvin = look.pop("color_temp_kelvin")
        if "rgbww" in light.color_modes:  # these have two whites, mixed for the kelvins and the brightness
            limits = light.min_kelvin, light.max_kelvin
            rgbww = color_temperature_to_rgbww(kelvin, round(state["brightness_pct"] * 2.55), *limits)
            look["rgb_color"] = color_rgbww_to_rgb(*rgbww, *limits)
        else:
            look["rgb_color"] = color_hs_to_RGB(*color_temperature_to_hs(kelvin))
    return look


def _same(found: Look, wanted: Look) -> bool:
    """Whether two looks are the same, colours nearly so; how dark a colour is its light's brightness says."""
    found, wanted = dict(found), dict(wanted)
    shown, asked = found.pop("rgb_color", None), wanted.pop("rgb_color", None)
    if found != wanted or (shown is None) != (asked is None):
        return False
    return shown is None or all(abs(one - other) < ALIKE for one, other in zip(_full(shown), _full(asked), strict=True))


def _full(rgb: tuple[int, int, int]) -> tuple[int, int, int]:
    return color_hs_to_RGB(*color_RGB_to_hs(*rgb))
