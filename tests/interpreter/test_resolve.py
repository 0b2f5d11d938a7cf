"""From the model's lines to ids: here, places, exceptions, namesakes, names that are not there; what is refused."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import pytest

from custom_components.batti.interpreter.errors import PlanError
from custom_components.batti.interpreter.home import Home
from custom_components.batti.interpreter.language.items import Asking, Refusal
from custom_components.batti.interpreter.language.plan import Plan, Question, lights_of
from custom_components.batti.interpreter.language.prompt import MARKERS, MARKERS_BEFORE
from custom_components.batti.interpreter.names.index import NameIndex
from custom_components.batti.interpreter.names.keys import Thing
from custom_components.batti.interpreter.names.mentions import Marked, Mention
from custom_components.batti.interpreter.resolve import Previous, renamed_before, resolve, understood
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


def mark(said: str, home: Home = HOME) -> Marked:
    return NameIndex(home).mark(fold(said))


def plan_of(said: str, written: str, area_id: str | None = None, home: Home = HOME) -> Plan:
    return resolve(written, mark(said, home), home, area_id)


def block(key: str, labels: Collection[str]) -> str:
    return "".join((f"  {key}:\n", *(f"    - {label}\n" for label in labels))) if labels else ""


def lines(
    *targets: str, places: tuple[str, ...] = (), exceptions: tuple[str, ...] = (), action: str = "light.turn_on"
) -> str:
    """One action, as the model writes it."""
    return f"- action: {action}\n" + block("target", targets) + block("in", places) + block("except", exceptions)


def test_labels_become_ids() -> None:
    plan = plan_of("bhansa ra hall ko batti bala", lines("A", "B"))
    assert plan.to_list() == [{"action": "light.turn_on", "target": {"area_id": ["kitchen", "hall"]}}]
    assert plan.actions[0].said == ("bhansa", "hall")


@pytest.mark.parametrize(
    ("said", "rest"),
    [
        ("spot bala, aru nibhau", {"entity_id": "light.h"}),  # a lamp: the rest of its room
        ("hall bala, aru nibhau", {"entity_id": ["light.k", "light.free"]}),  # a room: the rest of the house
    ],
)
def test_the_rest(said: str, rest: dict[str, Any]) -> None:
    written = lines("A") + lines("REST", action="light.turn_off")
    assert plan_of(said, written, "kitchen").to_list()[-1]["target"] == rest


def test_of_several_rooms_with_one_name_it_asks_even_for_everything_in_them() -> None:
    plan = plan_of("bedroom ko sabai nibhau", lines("ALL", places=("A",)), None, PLACED)
    assert plan.calls == ()
    assert plan.question is not None


def test_a_lamp_without_a_room_is_near_nobody() -> None:
    """All of a kind, said by somebody whose room is not known, are not only those that have no room either."""
    lamps = [{"entity_id": f"light.{n}", "name": "Lamp", "area_id": area} for n, area in enumerate(("hall", None))]
    home = Home.from_dict({"areas": [{"area_id": "hall", "name": "Hall"}], "lights": lamps})
    plan = plan_of("sabai lamp nibhau", lines("ALL", places=("A",)), None, home)
    assert plan.to_list()[0]["target"] == {"entity_id": ["light.0", "light.1"]}


def test_the_rest_of_a_room() -> None:
    written = lines("A") + lines("REST", places=("B",), action="light.turn_off")
    plan = plan_of("spot bala, hall ko aru nibhau", written)
    assert plan.to_list()[-1]["target"] == {"entity_id": "light.h"}


def test_the_rest_of_what_was_not_found_is_left_alone() -> None:
    """The lamp that was meant may be among it."""
    plan = plan_of("garage bala, aru nibhau", lines("garage") + lines("REST", action="light.turn_off"), "hall")
    assert plan.calls == ()
    assert plan.unknown == ("garage", "REST")


REST_OFF = lines("REST", action="light.turn_off")


@pytest.mark.parametrize(
    ("said", "written", "area_id", "rest"),
    [
        ("spot bala", lines("A"), None, {"entity_id": "light.h"}),  # a lamp: the others of its room
        ("spot bala", lines("A"), "kitchen", {"entity_id": "light.h"}),  # wherever the speaker is
        ("hall ko batti bala", lines("A"), "hall", {"entity_id": ["light.k", "light.free"]}),  # a room: of the house
        ("hall ra bhansa ko", lines("A", "B"), None, {"entity_id": "light.free"}),
        ("free bala", lines("A"), None, {"entity_id": ["light.h", "light.h2"]}),  # it has no room
    ],
)
def test_the_rest_of_the_sentence_before(said: str, written: str, area_id: str | None, rest: dict[str, Any]) -> None:
    marked = mark(said)
    before = Previous.of(written, marked, None, resolve(written, marked, HOME, area_id))
    assert before is not None
    plan = resolve(REST_OFF, mark("aru nibhau"), HOME, area_id or "hall", before)
    assert plan.to_list() == [{"action": "light.turn_off", "target": rest}]


def test_the_sentence_before_that_changed_nothing_has_no_rest() -> None:
    written = lines("A", action="batti.describe")
    marked = mark("spot baleko cha")
    before = Previous.of(written, marked, None, resolve(written, marked, HOME, None))
    assert before is not None
    assert before.targets == ()
    plan = resolve(REST_OFF, mark("aru nibhau"), HOME, "hall", before)
    assert plan.to_list()[0]["target"] == {"entity_id": ["light.h", "light.h2"]}


def test_the_rest_of_nothing_is_what_is_here() -> None:
    plan = plan_of("aru nibhau", REST_OFF, "hall")
    assert plan.to_list() == [{"action": "light.turn_off", "target": {"entity_id": ["light.h", "light.h2"]}}]


def test_nothing_is_left() -> None:
    plan = plan_of("sabai bala, aru nibhau", lines("ALL") + lines("REST", action="light.turn_off"))
    assert [action.action for action in plan.actions] == ["light.turn_on"]
    assert plan.unknown == ("REST",)


def test_the_lamp_that_was_chosen_is_meant_again() -> None:
    """`lamp bala bhansa ko`, then `ali kam`: that of the kitchen, wherever the speaker is."""
    marked = mark("lamp bala bhansa ko")
    written = lines("A", places=("B",))
    plan = resolve(written, marked, HOME, "hall")
    before = Previous.of(written, marked, None, plan)
    assert before is not None
    again = resolve(lines("Q"), mark("ali kam gara"), HOME, "hall", before)
    assert again.to_list()[0]["target"] == {"entity_id": "light.k"}


def test_here_is_where_the_speaker_is() -> None:
    assert plan_of("batti bala", lines("HERE"), "hall").to_list()[0]["target"] == {"area_id": "hall"}


def test_here_without_a_place_is_a_question() -> None:
    plan = plan_of("batti bala", lines("HERE"), None)
    assert plan.actions == ()
    assert plan.question
    assert plan.question.asking is Asking.WHICH_ROOM
    assert plan.question.options == ("Bhansa", "Hall")


@pytest.mark.parametrize("area_id", ["cellar", "store"])
@pytest.mark.parametrize("written", [lines("HERE"), lines("ONE"), lines("A", places=("HERE",))])
def test_here_where_no_light_is(area_id: str, written: str) -> None:
    """The speaker's room is known, so no other one is asked for."""
    plan = plan_of("lamp bala", written, area_id, PLACED)
    assert (plan.items, plan.refusal, plan.question) == ((), Refusal.NONE_HERE, None)


@pytest.mark.parametrize("lights", [[], [{"entity_id": "switch.s", "name": "Plug", "is_sure": False}]])
def test_a_home_without_lights(lights: list[dict[str, Any]]) -> None:
    """Whatever is asked of its lights; a switch that may be no lamp is none."""
    home = Home.from_dict({"areas": [{"area_id": "hall", "name": "Hall"}], "lights": lights})
    for written in (lines("HERE"), lines("A"), lines("ALL"), "[]  # unclear\n", "- answer: yes\n"):
        plan = plan_of("hall ko batti bala", written, "hall", home)
        assert (plan.items, plan.refusal, plan.question) == ((), Refusal.NO_LIGHTS, None)
    assert plan_of("pankha bala", "[]  # not for lights\n", "hall", home).refusal is Refusal.NOT_FOR_LIGHTS


def test_here_in_a_home_of_one_light_needs_no_question() -> None:
    home = Home.from_dict({"lights": [{"entity_id": "light.one", "name": "One"}]})
    assert plan_of("batti bala", lines("HERE"), None, home).to_list()[0]["target"] == {"entity_id": "light.one"}


def test_namesakes_are_told_apart_by_where_the_speaker_is() -> None:
    assert plan_of("lamp bala", lines("A"), "kitchen").to_list()[0]["target"] == {"entity_id": "light.k"}
    plan = plan_of("lamp bala", lines("A"))
    assert plan.question == Question(Asking.WHICH_ONE, "lamp", ("Lamp (Bhansa)", "Lamp (Hall)"))


def test_all_but_one_room_leaves_the_others_and_lights_without_a_room() -> None:
    plan = plan_of("bhansa bahek sabai nibhau", lines("ALL", exceptions=("A",), action="light.turn_off"))
    assert plan.to_list()[0]["target"] == {"entity_id": "light.free", "area_id": "hall"}


def test_a_room_but_one_light() -> None:
    plan = plan_of("spot bahek hall ko bala", lines("B", exceptions=("A",)))
    assert plan.to_list()[0]["target"] == {"entity_id": "light.h"}


def test_what_the_home_has_not_is_named_and_left_out() -> None:
    plan = plan_of("Garage ra bhansa ko", lines("A") + lines("garage"))
    assert [item["target"] for item in plan.to_list()] == [{"area_id": "kitchen"}]
    assert plan.unknown == ("Garage",)


def test_a_part_that_is_not_for_lights_is_left_out() -> None:
    plan = plan_of("bhansa ko batti ra pankha bala", lines("A") + "- refuse: not for lights\n")
    assert plan.to_list() == [{"action": "light.turn_on", "target": {"area_id": "kitchen"}}]
    assert (plan.left_out, plan.refusal, plan.question) == (True, None, None)
    assert not plan_of("bhansa ko batti bala", lines("A")).left_out


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
        ("- action: lock.unlock\n  target:\n    - A\n", "plan"),
        ("- action: until\n", "plan"),
        ("- when: never\n", "plan"),
        ("- lock: front\n", "plan"),
        ("- {}\n", "plan"),
    ],
)
def test_what_is_no_plan_is_an_error(written: str, what: str) -> None:
    with pytest.raises(PlanError, match=f"^The model wrote what is no {what}: "):
        plan_of("x", written)


def test_what_follows_on_uses_the_names_of_the_plan_before() -> None:
    """`bhansa ko batti bala`, then `ajhai kam gara`: the kitchen is in the second plan, but not in its sentence."""
    before = Previous.of(lines("A"), mark("bhansa ko batti bala"), None, Plan())
    assert before is not None
    assert before.written == lines("Q")
    dimmer = lines("Q") + "  data:\n    brightness_step_pct: -20\n"
    said = mark("ajhai kam gara")
    plan = resolve(dimmer, said, HOME, None, before)
    assert plan.to_list()[0]["target"] == {"area_id": "kitchen"}
    assert plan.actions[0].said == ("bhansa",)
    third = Previous.of(dimmer, said, before, Plan())
    assert resolve(lines("Q", action="light.turn_off"), said, HOME, None, third).unknown == ()
    assert resolve(dimmer, said, HOME, None).unknown == ("Q",)


def test_names_of_two_sentences_in_one_plan() -> None:
    """`bhansa ko pani` after the hall: `A` is the name in this sentence, `Q` the one before; both are known to the next."""
    before = Previous.of(lines("A"), mark("hall ko batti bala"), None, Plan())
    said, both = mark("Bhansako ni"), lines("Q", "A")
    assert resolve(both, said, HOME, None, before).to_list()[0]["target"] == {"area_id": ["hall", "kitchen"]}
    after = Previous.of(both, said, before, Plan())
    assert after is not None
    assert after.written == lines("Q", "R")
    assert after.things == {"Q": (Thing("area", "hall"),), "R": (Thing("area", "kitchen"),)}
    assert after.said == {"Q": "hall", "R": "Bhansa"}


def test_labels_in_the_lines_before_are_renamed_in_their_order() -> None:
    """Every marker, also one that is a Q already; special labels, copied names, days and all other lines stay."""
    written = (
        "- action: light.turn_on\n  target:\n    - C\n    - HERE\n    - garage\n  in:\n    - R\n  except:\n    - A\n    - C\n"
        "  data:\n    brightness_pct: 30\n- choose:\n    - Q\n- action: batti.pause\n  every:\n    - day\n"
    )
    renamed = (
        "- action: light.turn_on\n  target:\n    - Q\n    - HERE\n    - garage\n  in:\n    - R\n  except:\n    - S\n    - Q\n"
        "  data:\n    brightness_pct: 30\n- choose:\n    - T\n- action: batti.pause\n  every:\n    - day\n"
    )
    assert renamed_before(written) == (renamed, {"C": "Q", "R": "R", "A": "S", "Q": "T"})
    assert renamed_before("[]  # unclear\n") == ("[]  # unclear\n", {})


def test_more_names_than_the_next_sentence_can_be_told_of() -> None:
    """There are ten markers for the lines before; a plan with more names is not remembered."""
    most = len(MARKERS_BEFORE)
    rooms = [f"room {number}" for number in range(101, 101 + most + 1)]
    home = Home.from_dict({"areas": [{"area_id": room, "name": room} for room in rooms]})
    marked = mark(", ".join(rooms), home)
    before = Previous.of(lines(*MARKERS[:most]), marked, None, Plan())
    assert before is not None
    assert before.written == lines(*MARKERS_BEFORE)
    assert [before.said[marker] for marker in MARKERS_BEFORE] == rooms[:-1]
    assert renamed_before(lines(*MARKERS[: most + 1])) is None
    assert Previous.of(lines(*MARKERS[: most + 1]), marked, None, Plan()) is None


PLACED = Home.from_dict(
    {
        "areas": [
            {"area_id": "hall", "name": "Hall"},
            {"area_id": "bed1", "name": "Bedroom 1"},
            {"area_id": "bed2", "name": "Bedroom 2"},
            {"area_id": "store", "name": "Store"},
        ],
        "lights": [
            {"entity_id": "light.hall_lamp", "name": "Lamp", "area_id": "hall"},
            {"entity_id": "light.hall_spot", "name": "Spot", "area_id": "hall"},
            {"entity_id": "light.bed1_lamp", "name": "Lamp", "area_id": "bed1"},
            {"entity_id": "light.bed1_strip", "name": "Strip", "area_id": "bed1"},
            {"entity_id": "light.bed2_lamp", "name": "Lamp", "area_id": "bed2"},
        ],
    }
)
HALL_LAMP = {"entity_id": "light.hall_lamp"}


@pytest.mark.parametrize(
    ("said", "written", "area_id", "target"),
    [
        ("lamp bala, hall ko", lines("A", places=("B",)), None, HALL_LAMP),
        ("lamp bala, hall ko", lines("A", places=("B",)), "bed1", HALL_LAMP),  # not the one where the speaker is
        ("yo kotha ko lamp", lines("A", places=("HERE",)), "hall", HALL_LAMP),
        (
            "lamp nibhau, hall ra bedroom 1 ko",
            lines("A", places=("B", "C")),
            None,
            {"entity_id": ["light.hall_lamp", "light.bed1_lamp"]},
        ),
        (
            "lamp ra spot nibhau, hall ko",
            lines("A", "B", places=("C",)),
            None,
            {"entity_id": ["light.hall_lamp", "light.hall_spot"]},
        ),
        # Only one of the places has it.
        (
            "spot nibhau, bedroom 1 ra hall ko",
            lines("A", places=("B", "C")),
            None,
            {"entity_id": "light.hall_spot"},
        ),
        ("sabai bedroom ko", lines("ALL", places=("A",)), "bed1", {"area_id": "bed1"}),
        (
            "sabai lamp nibhau",
            lines("ALL", places=("A",)),
            None,
            {"entity_id": ["light.hall_lamp", "light.bed1_lamp", "light.bed2_lamp"]},
        ),
        ("sabai lamp nibhau", lines("ALL", places=("A",)), "hall", {"entity_id": "light.hall_lamp"}),
        ("hall ma sabai lamp nibhau", lines("ALL", places=("A", "B")), "bed1", {"entity_id": "light.hall_lamp"}),
        ("yaha ko sabai", lines("ALL", places=("HERE",)), "bed1", {"area_id": "bed1"}),
        ("sabai nibhau hall ma, spot bahek", lines("ALL", places=("A",), exceptions=("B",)), None, HALL_LAMP),
    ],
)
def test_what_is_in_a_place(said: str, written: str, area_id: str | None, target: dict[str, object]) -> None:
    plan = plan_of(said, written, area_id, PLACED)
    assert [item["target"] for item in plan.to_list()] == [target]
    assert (plan.unknown, plan.question) == ((), None)
    assert Plan.from_yaml(plan.to_yaml()) == plan


def test_all_in_a_place_is_called_by_its_place() -> None:
    """Else the answer would say that all lights of the home were changed."""
    for text, place in (("sabai spot nibhau", "spot"), ("hall ko sabai nibhau", "hall")):
        (action,) = plan_of(text, lines("ALL", places=("A",)), None, PLACED).actions
        assert action.said == (place,)
    (action,) = plan_of("yaha ko sabai nibhau", lines("ALL", places=("HERE",)), "hall", PLACED).actions
    assert action.said == ("HERE",)


@pytest.mark.parametrize(
    ("said", "written", "unknown"),
    [
        ("Strip bala, hall ko", lines("A", places=("B",)), "Strip"),
        ("lamp ra strip bala, hall ko", lines("A", "B", places=("C",)), "strip"),
        ("lamp bala, garage ko", lines("A", places=("garage",)), "garage"),
        ("hall ko garage", lines("garage", places=("A",)), "garage"),
        ("lamp bala, Store ko", lines("A", places=("B",)), "Store"),  # a room without lights
        ("Store ko sabai bala", lines("ALL", places=("A",)), "Store"),
    ],
)
def test_what_is_not_in_its_place_is_named(said: str, written: str, unknown: str) -> None:
    plan = plan_of(said, written, "bed1", PLACED)
    assert (plan.items, plan.unknown, plan.question) == ((), (unknown,), None)


@pytest.mark.parametrize(
    ("said", "written", "asking", "options"),
    [
        ("lamp bala, bedroom ko", lines("A", places=("B",)), Asking.WHICH_ONE, ("Bedroom 1", "Bedroom 2")),
        ("yo kotha ko lamp", lines("A", places=("HERE",)), Asking.WHICH_ROOM, ("Hall", "Bedroom 1", "Bedroom 2")),
        ("yo kotha ko sabai", lines("ALL", places=("HERE",)), Asking.WHICH_ROOM, ("Hall", "Bedroom 1", "Bedroom 2")),
    ],
)
def test_a_place_that_is_not_clear_is_a_question(
    said: str, written: str, asking: Asking, options: tuple[str, ...]
) -> None:
    question = plan_of(said, written, None, PLACED).question
    assert question is not None
    assert (question.asking, question.options) == (asking, options)


def test_a_place_of_the_sentence_before() -> None:
    """`hall ko batti bala`, then `lamp nibhau`: the lamp in the hall."""
    before = Previous.of(lines("A"), mark("hall ko batti bala", PLACED), None, Plan())
    plan = resolve(lines("A", places=("Q",)), mark("lamp nibhau", PLACED), PLACED, "bed1", before)
    assert plan.to_list()[0]["target"] == HALL_LAMP


OFF = lines("A", action="light.turn_off")


@pytest.mark.parametrize(
    ("written", "refusal"),
    [
        (f"- after: 5 minutes\n{OFF}", Refusal.LATER),
        (f"- when: time\n  at: 6:00\n{OFF}", Refusal.LATER),
        (f"- when: opens\n  target:\n    - A\n{OFF}", Refusal.LATER),
        (f"- if: dark\n{OFF}", Refusal.LATER),
        (f"{OFF}  for: 10 minutes\n", Refusal.LATER),
        (f"{OFF}  until: 10:00\n  part: night\n", Refusal.LATER),
        (f"{lines('B')}- after: 5 minutes\n{OFF}", Refusal.LATER),  # the first part too is not done
        ("- answer: yes\n", Refusal.NOT_YET),
        ("- answer: no\n", Refusal.NOT_YET),
        ("- answer: yes\n  except:\n    - A\n", Refusal.NOT_YET),
        (f"- answer: no\n{OFF}", Refusal.NOT_YET),
        ("- choose:\n    - A\n", Refusal.NOT_YET),
        ("- action: batti.teach\n  target:\n    - A\n  name: garage\n", Refusal.NOT_YET),
        ("- action: batti.list_routines\n", Refusal.NOT_YET),
        ("- action: batti.cancel\n  target:\n    - A\n", Refusal.NOT_YET),
        ("- action: batti.pause\n  day: tomorrow\n", Refusal.NOT_YET),
        ("- action: batti.change\n  at: 6:00\n- when: time\n  at: 7:00\n", Refusal.LATER),
        (f"- action: batti.undo\n{OFF}", Refusal.NOT_YET),
        (lines("OTHER"), Refusal.NOT_YET),
    ],
)
def test_what_the_house_cannot_do_yet_is_refused_in_whole(written: str, refusal: Refusal) -> None:
    """But it is understood: the whole plan is there for those who ask for it, and reads back from its YAML."""
    marked = mark("bhansa, hall, garage")
    plan = resolve(written, marked, HOME, None)
    assert (plan.items, plan.refusal, plan.unknown, plan.question) == ((), refusal, (), None)
    whole = understood(written, marked, HOME, None)
    assert whole.items
    assert whole.refusal is None
    assert Plan.from_yaml(whole.to_yaml()) == whole


def test_a_question_is_not_asked_about_what_is_refused() -> None:
    """`5 minute pachi batti nibhau` without a place: an answer to `which room?` would be of no use."""
    plan = plan_of("batti nibhau", f"- after: 5 minutes\n{lines('HERE', action='light.turn_off')}")
    assert (plan.refusal, plan.question) == (Refusal.LATER, None)


def test_a_question_and_an_undo_change_no_light() -> None:
    plan = plan_of("bhansa ko batti baleko cha", lines("A", action="batti.describe"))
    assert plan.calls == ()
    assert plan.to_list() == [{"action": "batti.describe", "target": {"area_id": "kitchen"}}]
    plan = plan_of("undo", "- action: batti.undo\n")
    assert plan.calls == ()
    assert plan.to_yaml() == "- action: batti.undo\n"
    assert Plan.from_yaml(plan.to_yaml()) == plan


def test_of_two_lamps_the_one_in_the_room_just_spoken_of() -> None:
    plan = plan_of("spot bala ani lamp nibhau", lines("A") + lines("B", action="light.turn_off"), "kitchen")
    assert [action.target for action in plan.actions] == [{"entity_id": ("light.h2",)}, {"entity_id": ("light.h",)}]


@pytest.mark.parametrize(
    ("written", "area_id", "target"),
    [
        (lines("ONE"), "hall", {"entity_id": "light.hall_lamp"}),
        (lines("ONE", places=("A",)), None, {"entity_id": "light.bed1_lamp"}),
        (lines("ONE", places=("A", "B")), None, {"entity_id": ["light.bed1_lamp", "light.hall_lamp"]}),
    ],
)
def test_any_one_light(written: str, area_id: str | None, target: dict[str, Any]) -> None:
    plan = plan_of("bedroom 1 ra hall ko euta batti bala", written, area_id, PLACED)
    assert plan.to_list() == [{"action": "light.turn_on", "target": target}]
    assert plan.question is None


@pytest.mark.parametrize("what", ["brightness", "color", "count"])
def test_what_is_asked_about_a_light(what: str) -> None:
    plan = plan_of("spot kati ujyalo cha", lines("A", action="batti.describe") + f"  data:\n    ask: {what}\n")
    assert plan.refusal is None
    assert plan.calls == ()
    assert plan.to_list() == [{"action": "batti.describe", "target": {"entity_id": "light.h2"}, "data": {"ask": what}}]


@pytest.mark.parametrize(
    ("said", "written", "area_id", "target"),
    [
        ("lamps nibhau", lines("A"), None, ["light.hall_lamp", "light.bed1_lamp", "light.bed2_lamp"]),
        ("lamp haru nibhau", lines("A"), None, ["light.hall_lamp", "light.bed1_lamp", "light.bed2_lamp"]),
        ("dubai lamp nibhau", lines("A"), None, ["light.hall_lamp", "light.bed1_lamp", "light.bed2_lamp"]),
        ("lamps nibhau", lines("A"), "bed1", "light.bed1_lamp"),  # those where the speaker is
        ("lamps nibhau", lines("A"), "store", ["light.hall_lamp", "light.bed1_lamp", "light.bed2_lamp"]),
        ("sabai lamp nibhau, hall ko", lines("A", places=("B",)), "bed1", "light.hall_lamp"),
    ],
)
def test_several_that_are_meant_are_all_meant(
    said: str, written: str, area_id: str | None, target: str | list[str]
) -> None:
    plan = plan_of(said, written, area_id, PLACED)
    assert [item["target"] for item in plan.to_list()] == [{"entity_id": target}]
    assert plan.question is None


def test_several_rooms_that_are_meant_are_all_meant() -> None:
    plan = plan_of("bedrooms nibhau", lines("A"), "bed1", PLACED)
    assert plan.to_list()[0]["target"] == {"area_id": ["bed1", "bed2"]}


class _Asks:
    """Names of a home that are only near what was said."""

    def __init__(self, *things: Thing) -> None:
        self._mention = Mention("", 0, 0, things, asks=True)

    def nearest(self, words: Sequence[str]) -> Mention | None:
        return self._mention


@pytest.mark.parametrize(
    ("things", "asking", "options"),
    [
        ((Thing("area", "hall"),), Asking.SURE, ("Hall",)),
        ((Thing("area", "bed1"), Thing("area", "bed2")), Asking.WHICH_ONE, ("Bedroom 1", "Bedroom 2")),
        (
            (Thing("light", "light.hall_lamp"), Thing("light", "light.bed1_lamp"), Thing("light", "light.hall_spot")),
            Asking.WHICH_ONE,
            ("Lamp (Hall)", "Lamp (Bedroom 1)", "Spot"),  # only namesakes need their rooms
        ),
    ],
)
@pytest.mark.parametrize("written", [lines("holo"), lines("ALL", places=("holo",)), lines("HERE", places=("holo",))])
def test_what_is_only_near_a_name_is_asked_about(
    things: tuple[Thing, ...], asking: Asking, options: tuple[str, ...], written: str
) -> None:
    """Even where the speaker's room would decide; nothing is done before the answer."""
    marked = Marked(fold("Holo nibhau"), (), _Asks(*things))
    plan = resolve(written, marked, PLACED, "hall")
    assert (plan.items, plan.unknown) == ((), ())
    assert plan.question == Question(asking, "Holo", options)


def test_a_mention_that_asks_is_asked_about() -> None:
    marked = mark("hall bala", PLACED)
    asks = replace(marked, mentions=tuple(replace(mention, asks=True) for mention in marked.mentions))
    assert resolve(lines("A"), asks, PLACED, None).question == Question(Asking.SURE, "hall", ("Hall",))
    assert resolve(lines("HERE"), asks, PLACED, "hall").question is None  # the model did not mean it


def data(*several: str) -> str:
    return "".join(("  data:\n", *(f"    {one}\n" for one in several)))


@pytest.mark.parametrize(
    ("said", "line", "typed"),
    [
        ("hall 150% ma", "brightness_pct: 100", "150%"),
        ("hall 150 percent", "brightness_pct: 100", "150%"),
        ("hall 150 ma", "brightness_pct: 100", "150"),
        ("hall १२०% ले बढाउ", "brightness_step_pct: 20", "१२०%"),
        ("hall #ff8800 gara", "color_name: red", "#ff8800"),
        ("hall #F80 ma", "brightness_pct: 80", "#F80"),
    ],
)
def test_a_number_that_the_house_cannot_do_is_asked_about(said: str, line: str, typed: str) -> None:
    """It is never cut to another one."""
    plan = plan_of(said, lines("A") + data(line))
    assert plan.items == ()
    assert plan.question == Question(Asking.HOW_MUCH, typed)


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("hall 100% ma", "brightness_pct: 100"),
        ("hall 40 ma, room 201", "brightness_pct: 40"),  # another number was meant
        ("hall 2700 kelvin", "color_temp_kelvin: 2700"),
        ("hall 120 second ma", "transition: 120"),
        ("hall #1 rato", "color_name: red"),  # no colour
    ],
)
def test_numbers_that_are_clear(said: str, line: str) -> None:
    plan = plan_of(said, lines("A") + data(line))
    assert plan.question is None
    assert len(plan.calls) == 1


@pytest.mark.parametrize(
    ("said", "number", "dims", "rounded"),
    [
        ("hall madhuro gara", 20, True, ""),
        ("hall dim gara", 30, True, ""),
        ("hall 20% ma", 20, False, ""),
        ("hall 20 ma", 20, False, ""),
        ("hall aadha ujyalo", 50, False, ""),
        ("hall 33.5% ma", 34, False, "33.5%"),
        ("hall 0.4 ma", 40, False, "0.4"),
    ],
)
def test_where_a_brightness_comes_from(said: str, number: int, dims: bool, rounded: str) -> None:
    (action,) = plan_of(said, lines("A") + data(f"brightness_pct: {number}")).actions
    assert (action.dims, action.rounded) == (dims, rounded)


SWITCHES = Home.from_dict(
    {
        "areas": [{"area_id": "hall", "name": "Hall"}, {"area_id": "store", "name": "Store"}],
        "lights": [
            {"entity_id": "light.h", "name": "Spot", "area_id": "hall"},
            {"entity_id": "switch.h", "name": "Plug", "area_id": "hall", "is_sure": False},
            {"entity_id": "switch.s", "name": "Board", "area_id": "store", "is_sure": False},
        ],
    }
)


@pytest.mark.parametrize(
    ("said", "written", "area_id", "question"),
    [
        ("Plug nibhau", lines("A"), "hall", Question(Asking.SURE, "Plug", ("Plug",))),
        ("spot ra plug nibhau", lines("A", "B"), "hall", Question(Asking.SURE, "spot", ("Plug",))),
        # A room that has nothing else.
        ("store ko batti nibhau", lines("A"), "hall", Question(Asking.SURE, "store", ("Board",))),
        ("batti nibhau", lines("HERE"), "store", Question(Asking.SURE, "HERE", ("Board",))),
        ("hall ko batti nibhau", lines("A"), None, None),
        ("sabai nibhau", lines("ALL"), None, None),
    ],
)
def test_a_switch_that_may_be_no_lamp_is_asked_about(
    said: str, written: str, area_id: str | None, question: Question | None
) -> None:
    plan = plan_of(said, written, area_id, SWITCHES)
    assert plan.question == question
    assert bool(plan.calls) == (question is None)
    assert [one for action in plan.calls for one in lights_of(action, SWITCHES)] == ([] if question else ["light.h"])


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ("Garage ko sabai nibhau", "Garage"),
        ("turn off everything in the attic", "attic"),
        ("Upstairs sabai nibhau", "Upstairs"),
        ("third floor ko sabai", "third floor"),
    ],
)
def test_a_place_that_the_home_has_not_is_not_the_house(said: str, place: str) -> None:
    plan = plan_of(said, lines("ALL", action="light.turn_off"), "hall")
    assert (plan.items, plan.unknown) == ((), (place,))


@pytest.mark.parametrize("said", ["sabai nibhau", "office bhari nibhau", "ghar ko sabai", "bhansa bahek sabai nibhau"])
def test_the_whole_house_is_the_whole_house(said: str) -> None:
    plan = plan_of(said, lines("ALL", action="light.turn_off"), "hall")
    assert plan.to_list()[0]["target"] == {"entity_id": "all"}


def test_a_lamp_that_is_not_in_the_place_beside_it_is_not_there() -> None:
    """The model copies the words."""
    plan = plan_of("Bhansa ko Spot bala", lines("A ko spot"), "hall")
    assert (plan.items, plan.unknown, plan.question) == ((), ("Bhansa ko Spot",), None)
