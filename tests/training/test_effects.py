"""The quick judge of effects: every kind of change, and what must stay."""

from __future__ import annotations

import pytest

from custom_components.batti.interpreter.home import Home
from custom_components.batti.interpreter.language.plan import Action, Plan
from training.evaluate import effects

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
            {"light.dim": {"brightness_pct": 30}, "light.rgb": {"brightness_pct": 30}},
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
    assert effects.as_expected(found, states, expected)
    assert not effects.as_expected(found, states, {})
    assert effects.as_expected(states, states, {})


@pytest.mark.parametrize(
    "action", [Action("light.turn_off", ROOM), Action("light.turn_on", ROOM, {"brightness_step_pct": -60})]
)
def test_of_what_goes_off_nothing_is_left(action: Action) -> None:
    states = effects.before(HOME, {"light.dim": {"brightness_pct": 50}, "light.ct": True})
    found = effects.after(Plan((action,)), HOME, states)
    assert effects.as_expected(found, states, {"light.dim": "off"})
    assert found["light.dim"] == {"state": "off"}
    assert states["light.dim"] == {"state": "on", "brightness_pct": 50}, "what was before is still there to compare"
