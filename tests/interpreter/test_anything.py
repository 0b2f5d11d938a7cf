"""Whatever is said, in whatever home: the answer is a valid plan that names only what the home has. Real model."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from custom_components.batti.interpreter import Turn, interpret
from custom_components.batti.interpreter.engine.local import LocalEngine
from custom_components.batti.interpreter.errors import SentenceTooLong
from custom_components.batti.interpreter.home import Home
from custom_components.batti.interpreter.language.plan import Plan, lights_of
from tests.interpreter.engine.conftest import local
from tests.needs import USUAL
from training.data.commands import Speaker
from training.data.homes import random_home
from training.data.phrasebook import TEST

SENTENCES, PER_HOME = 2000, 25
BUNDLED = Path(__file__).parents[2] / "custom_components" / "batti" / "models" / "batti-nano.gguf"


@pytest.fixture
async def engine() -> AsyncIterator[LocalEngine]:
    engine = local(USUAL, BUNDLED)
    await engine.start()
    yield engine
    await engine.stop()


def anything(rng: random.Random, speaker: Speaker) -> str:
    """A sentence; half a sentence; words in any order; bytes."""
    text = speaker.say().text
    match rng.randrange(6):
        case 0:
            return text[: rng.randrange(len(text) + 1)]
        case 1:
            return " ".join(rng.sample(text.split(), len(text.split())))
        case 2:
            return rng.randbytes(rng.randrange(120)).decode("utf-8", "replace")
        case 3:
            return rng.randbytes(rng.randrange(120)).decode("latin-1")
    return text


def check(plan: Plan, home: Home) -> None:
    """The plan reads back from its YAML, and every id in it is one of the home's."""
    assert Plan.from_yaml(plan.to_yaml()) == plan
    lights = {light.entity_id for light in home.lights}
    assert plan.items == plan.actions, "what the house cannot do yet is refused"
    for action in plan.actions:
        assert set(action.target.get("entity_id", ())) <= lights | {"all"}
        assert set(action.target.get("area_id", ())) <= {area.area_id for area in home.areas}
        assert set(action.target.get("floor_id", ())) <= {floor.floor_id for floor in home.floors}
        assert set(lights_of(action, home)) <= lights


async def test_anything_gives_a_valid_plan(engine: LocalEngine) -> None:
    rng = random.Random(20261121)
    sizes = set()
    for _ in range(SENTENCES // PER_HOME):
        home = random_home(rng, TEST)
        sizes.add(len(home.lights))
        speaker = Speaker(rng, home, TEST)
        area_id = rng.choice([None, *(area.area_id for area in home.areas)])
        for _ in range(PER_HOME):
            found = await interpret(anything(rng, speaker), home, engine, Turn(area_id), 30)
            check(found.plan, home)
            assert 0 <= found.confidence <= 1
    assert min(sizes) == 1
    assert max(sizes) >= 25


async def test_a_book_instead_of_a_sentence_is_refused_in_words(engine: LocalEngine) -> None:
    home = random_home(random.Random(1), TEST)
    with pytest.raises(SentenceTooLong):
        await interpret("bhansa ko batti bala " * 500, home, engine, Turn(), 30)
    found = await interpret("", home, engine, Turn(), 30)
    assert found.plan.items == ()
