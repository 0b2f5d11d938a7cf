"""Simulates what a plan does to the lights of a home. Without Home Assistant, thousands of sentences take seconds.

`interpreter/ability.py`, which the integration uses too, says what an action does to one light.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from custom_components.batti.interpreter.ability import State, effect
from custom_components.batti.interpreter.home import Home
from custom_components.batti.interpreter.language.plan import Plan, lights_of

States = dict[str, State]


def before(home: Home, given: Mapping[str, Any] | None) -> States:
    """The states of all lights: off, unless given (`on`, or a mapping)."""
    states: States = {light.entity_id: {"state": "off"} for light in home.lights}
    for entity_id, state in (given or {}).items():
        states[entity_id] = _full(state)
    return states


def after(plan: Plan, home: Home, states: States) -> States:
    """The states after a plan was carried out as by `exposed_lights.perform` of the integration."""
    states = dict(states)
    lights = {light.entity_id: light for light in home.lights}
    for action in plan.calls:
        for entity_id in lights_of(action, home):
            states[entity_id] = effect(action, lights[entity_id], states[entity_id])
    return states


def as_expected(found: States, states: States, expected: Mapping[str, Any]) -> bool:
    """Whether every light is as it should be: those in `expected` as given there, all others unchanged."""
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
