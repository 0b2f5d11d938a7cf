"""The quick judge of effects: every kind of change, and what must stay."""

from __future__ import annotations

import pytest

from custom_components.batti.interpreter.home import Home
from custom_components.batti.interpreter.language.plan import Action, Plan
from training.evaluate import effects
from training.evaluate.scoring import Fault

HOME = Home.from_dict(
    {
        "areas": [{"area_id": "a", "name": "A"}],
        "lights": [
            {"entity_id": "light.plain", "name": "Plain", "area_id": "a"},
            {"entity_id": "light.dim", "name": "Dim", "area_id": "a", "color_modes": ["brightness"]},
            {"entity_id": "light.rgb", "name": "RGB", "area_id": "a", "color_modes": ["hs"]},
            {"entity_id": "light.ct", "name": "CT", "color_modes": ["color_temp"], "max_kelvin": 5000},
        ],
    }
)
ROOM = {"area_id": ("a",)}


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (Action("light.turn_on", ROOM), {"light.plain": "on", "light.dim": "on", "light.rgb": "on"}),
        (
            Action("light.turn_on", ROOM, {"brightness_pct": 30}),
            {"light.plain": "on", "light.dim": {"brightness_pct": 30}, "light.rgb": {"brightness_pct": 30}},
        ),
        (Action("light.turn_on", ROOM, {"color_name": "red"}), {"light.rgb": {"color_name": "red"}}),
        (
            Action("light.turn_on", {"entity_id": ("all",)}, {"color_temp_kelvin": 6500}),
            {"light.ct": {"color_temp_kelvin": 5000}, "light.rgb": {"color_temp_kelvin": 6500}},
        ),
        (Action("light.toggle", {"entity_id": ("light.dim",)}), {"light.dim": "on"}),
        (
            Action("light.turn_on", {"entity_id": ("light.dim",)}, {"brightness_step_pct": 20}),
            {"light.dim": {"brightness_pct": 20}},
        ),
    ],
)
def test_effects(action: Action, expected: dict[str, object]) -> None:
    states = effects.before(HOME, None)
    found = effects.after(Plan((action,)), HOME, states)
    assert effects.fault_of(found, states, expected) is None
    assert effects.fault_of(found, states, {}) is Fault.WIDER
    assert effects.fault_of(states, states, expected) is Fault.REFUSED
    assert effects.fault_of(states, states, {}) is None


def test_of_what_goes_off_nothing_is_left() -> None:
    states = effects.before(HOME, {"light.dim": {"brightness_pct": 50}, "light.ct": True})
    found = effects.after(Plan((Action("light.turn_off", ROOM),)), HOME, states)
    assert effects.fault_of(found, states, {"light.dim": "off"}) is None
    assert found["light.dim"] == {"state": "off"}
    assert states["light.dim"] == {"state": "on", "brightness_pct": 50}, "what was before is still there to compare"


@pytest.mark.parametrize(
    ("data", "dims", "shown"),
    [
        ({"brightness_step_pct": -60}, False, 1),
        ({"brightness_step_pct": 60}, False, 100),
        ({"brightness_pct": 30}, True, 30),
        ({"brightness_pct": 60}, True, 30),
        ({"brightness_pct": 60}, False, 60),
    ],
)
def test_dimming_never_ends_off_or_brighter(data: dict[str, int], dims: bool, shown: int) -> None:
    states = effects.before(HOME, {"light.dim": {"brightness_pct": 50}})
    action = Action("light.turn_on", {"entity_id": ("light.dim",)}, data, dims=dims)
    found = effects.after(Plan((action,)), HOME, states)
    assert effects.fault_of(found, states, {"light.dim": {"brightness_pct": shown}}) is None


@pytest.mark.parametrize(
    ("found", "expected", "fault"),
    [
        ({}, {"light.dim": "off"}, Fault.REFUSED),
        ({"light.dim": "off"}, {}, Fault.WIDER),
        ({"light.dim": "off", "light.rgb": "on"}, {"light.dim": "off"}, Fault.WIDER),
        ({"light.rgb": "on"}, {"light.dim": "off"}, Fault.WIDER),
        ({"light.dim": "off"}, {"light.dim": {"brightness_pct": 80}}, Fault.WIDER),
        ({"light.dim": {"brightness_pct": 80}}, {"light.dim": "off"}, Fault.WIDER),
        ({"light.dim": {"brightness_pct": 80}}, {"light.dim": {"brightness_pct": 50}, "light.rgb": "on"}, Fault.WIDER),
        ({"light.dim": {"brightness_pct": 80}}, {"light.dim": {"brightness_pct": 20}}, Fault.OTHER),
        ({"light.rgb": "on"}, {"light.rgb": {"color_name": "red"}}, Fault.OTHER),
        ({"light.dim": "off"}, {"light.dim": "off", "light.rgb": "on"}, Fault.OTHER),
    ],
)
def test_faults(found: dict[str, object], expected: dict[str, object], fault: Fault) -> None:
    """Before, only one light is on, half bright. A light that should change and did not is one too few, not reversed."""
    lit = {"light.dim": {"brightness_pct": 50}}
    states, after = effects.before(HOME, lit), effects.before(HOME, lit | found)
    assert effects.fault_of(after, states, expected) is fault
