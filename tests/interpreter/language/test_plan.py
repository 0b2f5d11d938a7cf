"""Canonical YAML, and what is no plan."""

from __future__ import annotations

from dataclasses import replace

import pytest

from custom_components.batti.interpreter.errors import PlanError
from custom_components.batti.interpreter.home import Home
from custom_components.batti.interpreter.language.plan import Action, Plan, joined, lights_of

ON = "- action: light.turn_on\n  target: {area_id: a}\n"
FULL = """\
- action: light.turn_on
  target:
    entity_id:
      - light.a
      - light.b
    area_id: kitchen
  data:
    brightness_pct: 30
    color_name: red
    transition: 5
- action: light.turn_off
  target:
    entity_id: all
"""


def test_one_thing_done_to_several_targets_in_a_row_is_one_action() -> None:
    kitchen, hall, everything = {"area_id": ("kitchen",)}, {"area_id": ("hall",)}, {"entity_id": ("all",)}
    both = {"area_id": ("kitchen", "hall")}
    for action, data, targets, wanted in (
        ("light.turn_off", {}, (kitchen, hall), (both,)),
        ("light.turn_on", {"brightness_pct": 30}, (kitchen, hall), (both,)),
        ("light.turn_off", {}, (everything, hall), (everything,)),
        ("light.toggle", {}, (kitchen, hall), (kitchen, hall)),
        ("light.turn_on", {"brightness_step_pct": 20}, (kitchen, hall), (kitchen, hall)),
    ):
        found = joined(Action(action, target, data, ("x",)) for target in targets)
        assert [one.target for one in found] == list(wanted), action
    apart = (Action("light.turn_off", kitchen), Action("light.turn_on", hall), Action("light.turn_off", hall))
    assert joined(apart) == apart


def test_canonical_yaml_reads_back_and_writes_the_same() -> None:
    assert Plan.from_yaml(FULL).to_yaml() == FULL
    assert Plan().to_yaml() == "[]\n"


def test_what_a_plan_says_about_its_words_is_not_in_its_yaml() -> None:
    """So plans that do the same are the same."""
    plain = Action("light.turn_on", {"area_id": ("a",)}, {"brightness_pct": 34})
    told = replace(plain, said=("hall",), dims=True, rounded="33.5%")
    assert Plan((told,), left_out=True) == Plan((plain,)) == Plan.from_yaml(Plan((told,), left_out=True).to_yaml())


HOME = Home.from_dict(
    {
        "floors": [{"floor_id": "up", "name": "Upstairs"}],
        "areas": [{"area_id": "hall", "name": "Hall", "floor_id": "up"}, {"area_id": "bed", "name": "Bedroom"}],
        "lights": [
            {"entity_id": "light.both", "name": "Both", "area_id": "hall", "members": ["light.left", "light.right"]},
            {"entity_id": "light.left", "name": "Left", "area_id": "hall"},
            {"entity_id": "light.right", "name": "Right", "area_id": "bed"},
            {"entity_id": "switch.plug", "name": "Plug", "area_id": "hall", "is_sure": False},
            {"entity_id": "light.free", "name": "Free"},
        ],
    }
)


@pytest.mark.parametrize(
    ("target", "lights"),
    [
        ({"entity_id": ("all",)}, ["light.left", "light.right", "light.free"]),
        ({"area_id": ("hall",)}, ["light.left"]),  # the group is for the bedroom too
        ({"floor_id": ("up",)}, ["light.left"]),
        ({"entity_id": ("light.both",)}, ["light.both"]),
        ({"entity_id": ("light.both", "light.left")}, ["light.both"]),
        ({"entity_id": ("light.both",), "area_id": ("hall",)}, ["light.both"]),
        ({"entity_id": ("light.right",), "area_id": ("hall",)}, ["light.left", "light.right"]),
        ({"entity_id": ("switch.plug",)}, ["switch.plug"]),  # by its name only
        ({"entity_id": ("switch.plug",), "area_id": ("hall",)}, ["light.left", "switch.plug"]),
        ({"entity_id": ("light.gone",), "area_id": ("gone",)}, []),
    ],
)
def test_the_lights_of_a_target(target: dict[str, tuple[str, ...]], lights: list[str]) -> None:
    assert list(lights_of(Action("light.toggle", target), HOME)) == lights


def test_keys_come_in_one_order() -> None:
    action = Action(
        "light.turn_on", {"area_id": ("a",), "entity_id": ("light.x",)}, {"transition": 1, "brightness_pct": 2}
    )
    text = Plan((action,)).to_yaml()
    assert text.index("entity_id") < text.index("area_id")
    assert text.index("brightness_pct") < text.index("transition")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("hello", "is a list of actions"),
        ("- action: lock.unlock\n  target: {entity_id: lock.door}\n", "Not an action that Batti takes: 'lock.unlock'"),
        ("- action: light.turn_on\n", "Not an action with a target"),
        ("- action: light.turn_on\n  target: {device_id: x}\n", "Not a target"),
        ("- action: light.turn_on\n  target: {area_id: [1]}\n", "Not ids"),
        (f"{ON}  data: {{brightness_pct: 101}}\n", "brightness_pct must be a whole number from 1 to 100, not 101"),
        (
            f"{ON}  data: {{brightness_pct: 10, brightness_step_pct: 10}}\n",
            "_pct and .*_step_pct cannot be .* together",
        ),
        (f"{ON}  data: {{color_name: red, color_temp_kelvin: 2700}}\n", "_name and .*_kelvin cannot be given together"),
        (f"{ON}  data: {{flash: forever}}\n", "Not data of a light action: .*flash"),
        (f"{ON}  data: {{effect: rainbow}}\n", "Not data of a light action: .*effect"),
        ("- [unclosed", "Not YAML"),
        ("- action: [x]\n", "Not an action that Batti takes"),
        ("- action: batti.teach\n  target: {area_id: a}\n  name: 5\n", "has a name"),
        (f"{ON}  for: [a]\n", "Not a time: for"),
        (f"{ON}  until: 6:00\n", "needs quotes"),
        (f"{ON}  every: 5\n", "Not a time: every"),
        (f"{ON}  who: [{{a: 1}}]\n", "Not a target"),
        ("- when: opened\n", "Not an item of a plan"),
        ("- refuse: not for lights\n", "Not an item of a plan"),  # it is no item, but Plan.left_out
        ("- answer: yes\n", "Not an item of a plan: .*True"),
    ],
)
def test_what_is_no_plan(text: str, why: str) -> None:
    with pytest.raises(PlanError, match=why):
        Plan.from_yaml(text)
