"""What a plan does to the lights of a home, without Home Assistant: for judging thousands of sentences in seconds.

`tests/test_effects.py` holds this against the real thing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from custom_components.batti.interpreter.home import Home, Light
from custom_components.batti.interpreter.plan import Action, Plan, lights_of

State = dict[str, Any]  # state: on | off, and brightness_pct, color_name, color_temp_kelvin where known
States = dict[str, State]


def before(home: Home, given: Mapping[str, Any] | None) -> States:
    """The states of all lights: off, or as given (`on`, or a mapping)."""
    states: States = {light.entity_id: {"state": "off"} for light in home.lights}
    for entity_id, state in (given or {}).items():
        states[entity_id] = _full(state)
    return states


def after(plan: Plan, home: Home, states: States) -> States:
    """The states once a plan has been carried out, as `home.perform` of the integration does it."""
    states = {entity_id: dict(state) for entity_id, state in states.items()}
    lights = {light.entity_id: light for light in home.lights}
    for action in plan.calls:
        for entity_id in lights_of(action, home):
            _apply(action, lights[entity_id], states[entity_id])
    return states


def as_expected(found: States, states: States, expected: Mapping[str, Any]) -> bool:
    """Whether every light is as it should be: those named as told, all others as they were."""
    for entity_id, state in found.items():
        wanted = _full(expected[entity_id]) if entity_id in expected else states[entity_id]
        if entity_id not in expected and state != wanted:
            return False
        if any(state.get(key) != value for key, value in wanted.items()):
            return False
    return True


def _full(state: Any) -> State:
    if isinstance(state, Mapping):
        return {"state": "on"} | dict(state)
    return {"state": {True: "on", False: "off"}.get(state, state)}


def _apply(action: Action, light: Light, state: State) -> None:
    data = action.data
    if action.action == "light.turn_off" or (action.action == "light.toggle" and state["state"] == "on"):
        state.clear()
        state["state"] = "off"
        return
    dims = data.get("brightness_pct", 100) != 100 or "brightness_step_pct" in data
    if dims and not light.can_dim:
        return
    if ("color_name" in data and not light.has_color) or (
        "color_temp_kelvin" in data and not (light.has_color_temp or light.has_color)
    ):
        return
    state["state"] = "on"
    if "brightness_pct" in data and light.can_dim:
        state["brightness_pct"] = data["brightness_pct"]
    if "brightness_step_pct" in data:
        level = min(100, max(0, state.get("brightness_pct", 0) + int(data["brightness_step_pct"])))
        state.update({"brightness_pct": level} if level else {"state": "off"})
    if "color_name" in data:
        state.pop("color_temp_kelvin", None)
        state["color_name"] = data["color_name"]
    if "color_temp_kelvin" in data:
        state.pop("color_name", None)
        state["color_temp_kelvin"] = min(max(int(data["color_temp_kelvin"]), light.min_kelvin), light.max_kelvin)
