"""What a light can do, and what an action does to it.

The only definition: `exposed_lights.py` uses it before it calls Home Assistant, and the evaluation of models uses
it without Home Assistant, in seconds. `tests/interpreter/test_ability.py` compares it with Home Assistant's own light
integration.

>>> strip = Light("light.strip", "Strip", color_modes=frozenset({"hs"}))
>>> effect(Action("light.turn_on", {}, {"brightness_step_pct": 20}), strip, {"state": "on", "brightness_pct": 40})
{'state': 'on', 'brightness_pct': 60}
>>> lacking({"color_name": "red"}, Light("light.tube", "Tube"))
<Ability.COLOR: 'color'>
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from .home import Light
from .language.items import OFF, TOGGLE
from .language.plan import Action

State = dict[str, Any]
"""`state` (on or off) and, if known, `brightness_pct` and the colour: `color_name` or `color_temp_kelvin`.

What an action does not mention stays unchanged. A light that was off and is only turned on returns to the brightness and
colour that it remembers, which are not known here.
"""

_COLOUR_KEYS = ("color_name", "color_temp_kelvin")


class Ability(StrEnum):
    """An ability of a light that an action may need."""

    BRIGHTNESS = "brightness"
    COLOR = "color"
    COLOR_TEMP = "color_temp"


def lacking(data: Mapping[str, Any], light: Light) -> Ability | None:
    """The ability that this data of an action needs and the light lacks; such a light is not called."""
    # For a light that can only be on or off, 100 % means on.
    if not light.can_dim and (data.get("brightness_pct", 100) != 100 or "brightness_step_pct" in data):
        return Ability.BRIGHTNESS
    if "color_name" in data and not light.has_color:
        return Ability.COLOR
    # Home Assistant shows a colour temperature as a colour on lights that have colours only.
    if "color_temp_kelvin" in data and not (light.has_color_temp or light.has_color):
        return Ability.COLOR_TEMP
    return None


def fitting(data: Mapping[str, Any], light: Light) -> dict[str, Any]:
    """The data, limited to what the light can show; the light must lack no ability for it."""
    fitting = dict(data)
    if not light.can_dim:
        fitting.pop("brightness_pct", None)
    if (kelvin := fitting.get("color_temp_kelvin")) is not None:
        fitting["color_temp_kelvin"] = min(max(kelvin, light.min_kelvin), light.max_kelvin)
    return fitting


def effect(action: Action, light: Light, state: State) -> State:
    """The state of the light after the action; `state` is the one before, and is not changed."""
    if lacking(action.data, light) is not None:
        return dict(state)
    is_on = state["state"] == "on"
    if action.action == OFF or (action.action == TOGGLE and is_on):
        return {"state": "off"}
    data = fitting(action.data, light)
    if (step := data.pop("brightness_step_pct", None)) is not None:
        # Home Assistant counts from 0 if a light is off, whatever it remembers, or if its brightness is unknown.
        from_pct = state.get("brightness_pct", 0) if is_on else 0
        data["brightness_pct"] = min(max(from_pct + step, 0), 100)
    if data.get("brightness_pct") == 0:
        return {"state": "off"}  # and the requested colour is never sent to the light
    new = state | {"state": "on"}
    if "brightness_pct" in data:
        new["brightness_pct"] = data["brightness_pct"]
    for key in _COLOUR_KEYS:
        if key in data:
            new = {other: value for other, value in new.items() if other not in _COLOUR_KEYS} | {key: data[key]}
    return new
