"""Sentences that came out wrong in the first release, with the homes that they were said in: `tests/cases/field`."""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from homeassistant.components.conversation import async_converse
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.components.light import DOMAIN as LIGHT
from homeassistant.components.switch import DOMAIN as SWITCH
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_component import DATA_INSTANCES
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry

from . import house
from .test_lamp_switches import Relay

FILE = Path(__file__).parent / "cases" / "field" / "first_release.yaml"
FIELD = yaml.safe_load(FILE.read_text("utf-8"))
CONVERSATION = "the one with the satellite"
LAST_BRIGHTNESS = 153  # 60%
OURS = {"brightness", "available", "expose"}
"""What a light of the file says beyond the format of a home."""

COMPARED = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
TOLERANCE = 1  # percent
NOT_YET = pytest.mark.xfail(strict=False, reason="answers to questions are not understood yet")


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=case["turns"][0], marks=NOT_YET if "dead-end question" in case["kind"] else ())
        for case in FIELD["cases"]
    ],
)
async def test_from_the_field(hass: HomeAssistant, tmp_path: Path, case: Mapping[str, Any]) -> None:
    home = FIELD["homes"][case["home"]]
    await _build(hass, tmp_path / "home.yaml", home)
    await _begin(hass, home, case.get("before_on", ()))
    await house.add_batti(hass)
    before = _looks(hass, home)
    answers = [await _say(hass, text, case.get("here")) for text in case["turns"]]
    after = _looks(hass, home)
    assert case["expect"].keys() <= before.keys()
    wrong = [
        f"{entity_id} is {after[entity_id]}, it was {was}"
        for entity_id, was in before.items()
        if not _as_expected(after[entity_id], case["expect"].get(entity_id, was))
    ]
    wrong += [words for words in case.get("expect_reply", ()) if not _is_answered(answers[0], words)]
    assert not wrong, f"Batti said {answers}"


async def _build(hass: HomeAssistant, file: Path, home: Mapping[str, Any]) -> None:
    """Build a home of the file: its lights, then its switches and groups of lights."""
    lights = [{"color_modes": ["color_temp", "rgb"]} | light for light in home["lights"]]
    plain = [{key: value for key, value in light.items() if key not in OURS} for light in lights]
    described = {"floors": home.get("floors", []), "areas": home["areas"], "lights": plain}
    await hass.async_add_executor_job(file.write_text, yaml.safe_dump(described), "utf-8")
    await house.move_in(hass, file)
    house.hide(hass, *(light["entity_id"] for light in lights if not light.get("expose", True)))
    assert await async_setup_component(hass, SWITCH, {})
    for switch in home.get("switches", ()):
        relay = Relay(switch["entity_id"].removeprefix("switch."), switch["name"])
        await hass.data[DATA_INSTANCES][SWITCH].async_add_entities([relay])
        er.async_get(hass).async_update_entity(relay.entity_id, area_id=switch["area_id"])
        async_expose_entity(hass, "conversation", relay.entity_id, True)
    for group in home.get("groups", ()):
        await _add_group(hass, group)


async def _add_group(hass: HomeAssistant, group: Mapping[str, Any]) -> None:
    """A group of lights, as the user makes one."""
    options = {"group_type": "light", "name": group["name"], "entities": group["members"], "hide_members": False}
    entry = MockConfigEntry(domain="group", title=group["name"], options=options)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    (entity,) = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    er.async_get(hass).async_update_entity(entity.entity_id, area_id=group["area_id"])


async def _begin(hass: HomeAssistant, home: Mapping[str, Any], lit: list[str]) -> None:
    """Every light once on, as a light remembers its brightness; then all off but those that are lit."""
    for light in home["lights"]:
        entity_id = light["entity_id"]
        await house.switch(hass, "turn_on", entity_id, brightness=light.get("brightness", LAST_BRIGHTNESS))
        if entity_id not in lit:
            await house.switch(hass, "turn_off", entity_id)
        if not light.get("available", True):
            entity = hass.data[DATA_INSTANCES][LIGHT].get_entity(entity_id)
            entity._attr_available = False
            entity.async_write_ha_state()
    await hass.async_block_till_done()


async def _say(hass: HomeAssistant, text: str, here: str | None) -> str:
    """Say it to an assistant in English, from the area `here`; what is answered."""
    device_id = house.speaker(hass, here) if here else None
    result = await async_converse(
        hass, text, CONVERSATION, Context(), language="en", agent_id=house.AGENT, device_id=device_id
    )
    await hass.async_block_till_done()
    return house.spoken(result.response.as_dict())


def _looks(hass: HomeAssistant, home: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What lights and switches look like; a group looks as its lights do."""
    lights = house.looks(hass)
    looks = {light["entity_id"]: lights[light["entity_id"]] for light in home["lights"]}
    return looks | {state.entity_id: {"state": state.state} for state in hass.states.async_all(SWITCH)}


def _as_expected(look: Mapping[str, Any], expected: str | Mapping[str, Any]) -> bool:
    """Whether a light looks as one of the alternatives says, or exactly as it did."""
    if isinstance(expected, Mapping):
        return look == expected
    return any(_is(look, alternative) for alternative in expected.split("|"))


def _is(look: Mapping[str, Any], expected: str) -> bool:
    """Limits are strict: a light that was just at one must have changed."""
    if expected in ("on", "off"):
        return bool(look["state"] == expected)
    percent = look.get("brightness_pct")
    if percent is None:
        return False
    if exact := re.fullmatch(r"on (\d+)%", expected):
        return bool(abs(percent - int(exact[1])) <= TOLERANCE)
    if span := re.fullmatch(r"(\d+)%\.\.(\d+)%", expected):
        return bool(int(span[1]) <= percent <= int(span[2]))
    limit = re.fullmatch(r"([<>]=?)(\d+)%", expected)
    assert limit, expected
    return bool(COMPARED[limit[1]](percent, int(limit[2])))


def _is_answered(answer: str, words: str) -> bool:
    """Whether an answer has one of the alternatives, or after `!` none of them."""
    found = any(alternative.lower() in answer.lower() for alternative in words.removeprefix("!").split("|"))
    return found is not words.startswith("!")
