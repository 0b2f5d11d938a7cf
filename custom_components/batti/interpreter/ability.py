"""What a light can do, and what an action does to it.

The only definition: `exposed_lights.py` uses it before it calls Home Assistant, and the evaluation of models uses
it without Home Assistant, in seconds. `tests/interpreter/test_ability.py` compares it with Home Assistant's own light
integration.

>>> strip = Light("light.strip", "Strip", color_modes=frozenset({"hs"}))
>>> dimmer = Action("light.turn_on", {}, {"brightness_step_pct": -20})
>>> effect(dimmer, strip, {"state": "on", "brightness_pct": 60})
{'state': 'on', 'brightness_pct': 40}
>>> asked(dimmer, strip, {"state": "on", "brightness_pct": 10})
{'brightness_pct': 1}
>>> lacking({"color_name": "red"}, Light("light.tube", "Tube"))
<Ability.COLOR: 'color'>
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from .home import Light
from .language.items import ON, TOGGLE
from .language.plan import Action

State = dict[str, Any]
"""`state` (on or off) and, if known, `brightness_pct` and the colour: `color_name` or `color_temp_kelvin`.

What an action does not mention stays unchanged. A light that was off and is only turned on returns to the brightness and
colour that it remembers, which are not known here.
"""

DIM_STEP = 20  # percent: by this much a word such as "dim" dims a light that is as dim as the word already
WHITE = "white"
WHITE_KELVIN = 4000  # what "white" is for a light that has whites but no colours: neither warm nor cool
_COLOUR_KEYS = ("color_name", "color_temp_kelvin")


class Ability(StrEnum):
    """An ability of a light that an action may need."""

    BRIGHTNESS = "brightness"
    COLOR = "color"
    COLOR_TEMP = "color_temp"


def lacking(data: Mapping[str, Any], light: Light) -> Ability | None:
    """The ability that this data of an action needs and the light lacks; such a light is not called."""
    if "brightness_step_pct" in data and not light.can_dim:
        return Ability.BRIGHTNESS
    # Every lamp is white if it has no colours.
    if data.get("color_name", WHITE) != WHITE and not light.has_color:
        return Ability.COLOR
    # Home Assistant shows a colour temperature as a colour on lights that have colours only.
    if "color_temp_kelvin" in data and not (light.has_color_temp or light.has_color):
        return Ability.COLOR_TEMP
    return None


def only_on(data: Mapping[str, Any], light: Light) -> bool:
    """Whether the light cannot be as bright as this data says, and is only turned on; 100 % is on."""
    return not light.can_dim and data.get("brightness_pct", 100) != 100


def asked(action: Action, light: Light, state: State) -> dict[str, Any] | None:
    """The data to call a light with, in the state that it is in; None if it stays as it is. It must lack no ability.

    A step is counted here, from this light's own brightness: Home Assistant would turn a light off by a step down.
    """
    is_on = state["state"] == "on"
    data = _fitting(action.data, light)
    if action.action not in (ON, TOGGLE) or (action.action == TOGGLE and is_on):
        return data
    step = data.pop("brightness_step_pct", None)
    # A light that is on and does not tell its brightness has likely never been dimmed.
    from_pct = state.get("brightness_pct", 100) if is_on else 0
    if action.dims and is_on and from_pct <= data.get("brightness_pct", 0):
        step = -DIM_STEP
    if step is not None:
        if not is_on and step <= 0:
            return None
        data["brightness_pct"] = min(max(from_pct + step, 1), 100)
    return data


def effect(action: Action, light: Light, state: State) -> State:
    """The state of the light after the action; `state` is the one before, and is not changed."""
    data = asked(action, light, state) if lacking(action.data, light) is None else None
    if data is None:
        return dict(state)
    if action.action != ON and (action.action != TOGGLE or state["state"] == "on"):
        return {"state": "off"}
    if "white" in data or "rgbw_color" in data:
        data["color_name"] = WHITE
    new = state | {"state": "on"}
    if "brightness_pct" in data:
        new["brightness_pct"] = data["brightness_pct"]
    for key in _COLOUR_KEYS:
        if key in data:
            new = {other: value for other, value in new.items() if other not in _COLOUR_KEYS} | {key: data[key]}
    return new


def _fitting(data: Mapping[str, Any], light: Light) -> dict[str, Any]:
    """The data, limited to what the light can show."""
    fitting = dict(data)
    if not light.can_dim:
        fitting.pop("brightness_pct", None)
    if fitting.get("color_name") == WHITE:
        del fitting["color_name"]
        fitting |= _white(light)
    if (kelvin := fitting.get("color_temp_kelvin")) is not None:
        fitting["color_temp_kelvin"] = min(max(kelvin, light.min_kelvin), light.max_kelvin)
    return fitting


def _white(light: Light) -> dict[str, Any]:
    """How to make a light white: by its white channels if it has any, because white of colours is dark and tinted."""
    if "white" in light.color_modes:
        return {"white": True}
    if "rgbww" in light.color_modes:
        return {"color_temp_kelvin": WHITE_KELVIN}
    if "rgbw" in light.color_modes:
        return {"rgbw_color": (0, 0, 0, 255)}
    if light.has_color:
        return {"color_name": WHITE}
    return {"color_temp_kelvin": WHITE_KELVIN} if light.has_color_temp else {}
