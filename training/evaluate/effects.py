"""Simulates what a plan does to the lights of a home, and says what is wrong with it.

Without Home Assistant, thousands of sentences take seconds.

`interpreter/ability.py`, which the integration uses too, says what an action does to one light.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from custom_components.batti.interpreter.ability import State, effect
from custom_components.batti.interpreter.home import Home
from custom_components.batti.interpreter.language.plan import Plan, lights_of

from .scoring import Fault

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


def fault_of(found: States, states: States, expected: Mapping[str, Any]) -> Fault | None:
    """What is wrong; None if every light is as it should be: those in `expected` as given there, all others unchanged.

    Args:
        found: the states after the plan.
        states: the states before it.
        expected: the states of the lights that should change.
    """
    wanted = {entity_id: _full(state) for entity_id, state in expected.items()}
    wrong = [
        entity_id for entity_id, state in found.items() if not _is(state, wanted.get(entity_id), states[entity_id])
    ]
    if not wrong:
        return None
    if found == states:
        return Fault.REFUSED
    for entity_id in wrong:
        old, new, want = states[entity_id], found[entity_id], wanted.get(entity_id)
        if new != old and (_is(old, want, old) or (want and new["state"] != want["state"])):
            return Fault.WIDER
    return Fault.OTHER


def _is(state: State, wanted: State | None, old: State) -> bool:
    """Whether a light is as wanted; None: as before."""
    return state == old if wanted is None else state | wanted == state


def _full(state: Any) -> State:
    if isinstance(state, Mapping):
        return {"state": "on"} | dict(state)
    return {"state": {True: "on", False: "off"}.get(state, state)}
