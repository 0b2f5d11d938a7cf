"""From the model's lines to ids: here, exceptions, namesakes, names that are not there."""

from __future__ import annotations

import pytest

from custom_components.batti.interpreter.errors import PlanError
from custom_components.batti.interpreter.home import Home
from custom_components.batti.interpreter.language.grammar import Refusal
from custom_components.batti.interpreter.language.plan import Asking, Plan
from custom_components.batti.interpreter.names.index import NameIndex
from custom_components.batti.interpreter.resolve import Previous, resolve
from custom_components.batti.interpreter.words.fold import fold

HOME = Home.from_dict(
    {
        "areas": [{"area_id": "kitchen", "name": "Bhansa"}, {"area_id": "hall", "name": "Hall"}],
        "lights": [
            {"entity_id": "light.k", "name": "Lamp", "area_id": "kitchen"},
            {"entity_id": "light.h", "name": "Lamp", "area_id": "hall"},
            {"entity_id": "light.h2", "name": "Spot", "area_id": "hall"},
            {"entity_id": "light.free", "name": "Free"},
        ],
    }
)


def plan_of(said: str, written: str, area_id: str | None = None, home: Home = HOME) -> Plan:
    return resolve(written, NameIndex(home).mark(fold(said)), home, area_id)


def lines(*targets: str, exceptions: tuple[str, ...] = (), action: str = "light.turn_on") -> str:
    text = f"- action: {action}\n  target:\n" + "".join(f"    - {target}\n" for target in targets)
    return text + ("  except:\n" + "".join(f"    - {name}\n" for name in exceptions) if exceptions else "")


def test_labels_become_ids() -> None:
    plan = plan_of("bhansa ra hall ko batti bala", lines("bansa", "hal"))
    assert plan.to_list() == [{"action": "light.turn_on", "target": {"area_id": ["kitchen", "hall"]}}]
    assert plan.actions[0].said == ("bhansa", "hall")


def test_here_is_where_the_speaker_is() -> None:
    assert plan_of("batti bala", lines("HERE"), "hall").to_list()[0]["target"] == {"area_id": "hall"}


@pytest.mark.parametrize("area_id", [None, "cellar"])
def test_here_without_a_place_is_a_question(area_id: str | None) -> None:
    plan = plan_of("batti bala", lines("HERE"), area_id)
    assert plan.actions == ()
    assert plan.question
    assert plan.question.asking is Asking.WHICH_ROOM
    assert plan.question.options == ("Bhansa", "Hall")


def test_here_in_a_home_of_one_light_needs_no_question() -> None:
    home = Home.from_dict({"lights": [{"entity_id": "light.one", "name": "One"}]})
    assert plan_of("batti bala", lines("HERE"), None, home).to_list()[0]["target"] == {"entity_id": "light.one"}


def test_namesakes_are_told_apart_by_where_the_speaker_is() -> None:
    assert plan_of("lamp bala", lines("lamp"), "kitchen").to_list()[0]["target"] == {"entity_id": "light.k"}
    plan = plan_of("lamp bala", lines("lamp"))
    assert plan.question
    assert plan.question.asking is Asking.WHICH_ONE


def test_all_but_one_room_leaves_the_others_and_lights_without_a_room() -> None:
    plan = plan_of("bhansa bahek sabai nibhau", lines("ALL", exceptions=("bansa",), action="light.turn_off"))
    assert plan.to_list()[0]["target"] == {"entity_id": "light.free", "area_id": "hall"}


def test_a_room_but_one_light() -> None:
    plan = plan_of("spot bahek hall ko bala", lines("hal", exceptions=("spot",)))
    assert plan.to_list()[0]["target"] == {"entity_id": "light.h"}


def test_what_the_home_has_not_is_named_and_left_out() -> None:
    plan = plan_of("Garage ra bhansa ko", lines("bansa") + lines("garage"))
    assert [item["target"] for item in plan.to_list()] == [{"area_id": "kitchen"}]
    assert plan.unknown == ("Garage",)


@pytest.mark.parametrize("refusal", list(Refusal))
def test_refusals(refusal: Refusal) -> None:
    plan = plan_of("pankha bala", f"[]  # {refusal.value}\n")
    assert (plan.to_yaml(), plan.refusal) == ("[]\n", refusal)


@pytest.mark.parametrize(
    ("written", "what"),
    [
        ("hello", "plan"),
        ("{}", "plan"),
        ("- 1", "plan"),
        ("- action: x", "plan"),
        ("- [", "YAML"),
        ("- action: lock.unlock\n  target: {}\n", "plan"),
    ],
)
def test_what_is_no_plan_is_an_error(written: str, what: str) -> None:
    with pytest.raises(PlanError, match=f"^The model wrote what is no {what}: "):
        plan_of("x", written)


def test_what_follows_on_uses_the_names_of_the_plan_before() -> None:
    """`bhansa ko batti bala`, then `ajhai kam gara`: the kitchen is in the second plan, but not in its sentence."""
    marked = NameIndex(HOME).mark(fold("bhansa ko batti bala"))
    before = Previous.of(lines("bansa"), marked, None)
    dimmer = lines("bansa") + "  data:\n    brightness_step_pct: -20\n"
    said = NameIndex(HOME).mark(fold("ajhai kam gara"))
    plan = resolve(dimmer, said, HOME, None, before)
    assert plan.to_list()[0]["target"] == {"area_id": "kitchen"}
    assert plan.actions[0].said == ("bhansa",)
    third = Previous.of(dimmer, said, before)
    assert resolve(lines("bansa", action="light.turn_off"), said, HOME, None, third).unknown == ()
    assert resolve(dimmer, said, HOME, None).unknown == ("bansa",)


def test_a_question_and_an_undo_change_no_light() -> None:
    plan = plan_of("bhansa ko batti baleko cha", lines("bansa", action="batti.describe"))
    assert plan.calls == ()
    assert plan.to_list() == [{"action": "batti.describe", "target": {"area_id": "kitchen"}}]
    plan = plan_of("undo", "- action: batti.undo\n")
    assert plan.calls == ()
    assert plan.to_yaml() == "- action: batti.undo\n"
    assert Plan.from_yaml(plan.to_yaml()) == plan


def test_of_two_lamps_the_one_in_the_room_just_spoken_of() -> None:
    plan = plan_of("spot bala ani lamp nibhau", lines("spot") + lines("lamp", action="light.turn_off"), "kitchen")
    assert [action.target for action in plan.actions] == [{"entity_id": ("light.h2",)}, {"entity_id": ("light.h",)}]
