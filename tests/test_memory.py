"""What is remembered from one sentence to the next, and for how long."""

from __future__ import annotations

from custom_components.batti.interpreter import Previous
from custom_components.batti.memory import KEPT, MOST, Memory

KITCHEN = Previous("- action: light.turn_on\n  target:\n    - Q\n", {}, {})


def test_a_plan_is_remembered_for_its_conversation() -> None:
    memory = Memory()
    memory.keep("one", KITCHEN)
    assert memory.recall("one") is KITCHEN
    assert memory.recall("other") is None


def test_a_plan_is_forgotten_after_a_while() -> None:
    now = 0.0
    memory = Memory(lambda: now)
    memory.keep("one", KITCHEN)
    now = KEPT - 1
    assert memory.recall("one") is KITCHEN
    now = KEPT + 1
    assert memory.recall("one") is None


def test_nothing_to_remember_forgets() -> None:
    memory = Memory()
    memory.keep("one", KITCHEN)
    memory.keep("one", None)
    assert memory.recall("one") is None


def test_the_oldest_conversation_makes_room() -> None:
    memory = Memory()
    for number in range(MOST + 1):
        memory.keep(str(number), KITCHEN)
    assert memory.recall("0") is None
    assert memory.recall(str(MOST)) is KITCHEN
