"""What a light can do, and what an action makes of it.

The one place that says so: the house asks it before it calls Home Assistant, and a model is judged by it in seconds, where
there is no Home Assistant. `tests/interpreter/test_ability.py` holds it against Home Assistant's own light integration.

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

from .grammar import OFF, TOGGLE
from .home import Light
from .plan import Action

State = dict[str, Any]
"""`state` (on or off), and where it is known `brightness_pct` and the colour: `color_name` or `color_temp_kelvin`.

What an action does not speak of stays as it was. A light that was off and is only turned on shows what it remembers, which
is not known here.
"""

_COLOUR_KEYS = ("color_name", "color_temp_kelvin")


class Ability(StrEnum):
    """What an action may need of a light."""

    BRIGHTNESS = "brightness"
    COLOR = "color"
    COLOR_TEMP = "color_temp"


def lacking(data: Mapping[str, Any], light: Light) -> Ability | None:
    """What the light would need for this data of an action and does not have; such a light is left alone."""
    # 100 % of a light that can only be on or off is on.
    if not light.can_dim and (data.get("brightness_pct", 100) != 100 or "brightness_step_pct" in data):
        return Ability.BRIGHTNESS
    if "color_name" in data and not light.has_color:
        return Ability.COLOR
    # Home Assistant shows a colour temperature as a colour on lights that have colours only.
    if "color_temp_kelvin" in data and not (light.has_color_temp or light.has_color):
        return Ability.COLOR_TEMP
    return None


def fitting(data: Mapping[str, Any], light: Light) -> dict[str, Any]:
    """The data within what the light can show; it lacks nothing for it."""
    fitting = dict(data)
    if not light.can_dim:
        fitting.pop("brightness_pct", None)
    if (kelvin := fitting.get("color_temp_kelvin")) is not None:
        fitting["color_temp_kelvin"] = min(max(kelvin, light.min_kelvin), light.max_kelvin)
    return fitting


def effect(action: Action, light: Light, state: State) -> State:
    """The state of the light once the action is done; `state` is the one before, and stays as it is."""
    if lacking(action.data, light) is not None:
        return dict(state)
    is_on = state["state"] == "on"
    if action.action == OFF or (action.action == TOGGLE and is_on):
        return {"state": "off"}
    data = fitting(action.data, light)
    if (step := data.pop("brightness_step_pct", None)) is not None:
        # Home Assistant counts from 0 where a light is off, whatever it remembers, and where its brightness is not known.
        from_pct = state.get("brightness_pct", 0) if is_on else 0
        data["brightness_pct"] = min(max(from_pct + step, 0), 100)
    if data.get("brightness_pct") == 0:
        return {"state": "off"}  # and the colour that was asked for is never sent to the light
    new = state | {"state": "on"}
    if "brightness_pct" in data:
        new["brightness_pct"] = data["brightness_pct"]
    for key in _COLOUR_KEYS:
        if key in data:
            new = {other: value for other, value in new.items() if other not in _COLOUR_KEYS} | {key: data[key]}
    return new
