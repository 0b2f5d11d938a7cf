"""Sentences with what they must do to the lights: `tests/cases/*.yaml`, real model, real Home Assistant core.

One file is one home; the cases of a file run in one core, each from the state that it names.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from homeassistant.components.conversation import async_converse
from homeassistant.core import Context, HomeAssistant
from homeassistant.util.color import color_name_to_rgb, color_RGB_to_hs

from . import house

CASES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
async def test_cases(hass: HomeAssistant, subtests: pytest.Subtests, file: Path) -> None:
    described = yaml.safe_load(await hass.async_add_executor_job(file.read_text, "utf-8"))
    await house.move_in(hass, house.HOMES / f"{described['home']}.yaml")
    await house.add_batti(hass)
    for case in described["cases"]:
        with subtests.test(msg=case["say"]):
            await _begin(hass, case.get("state", {}))
            before = house.looks(hass)
            answer = await _say(hass, case["say"], case.get("where"))
            after = house.looks(hass)
            for entity_id, was in before.items():
                assert _as_expected(after[entity_id], case["expect"].get(entity_id, was)), (
                    f"{entity_id} is {after[entity_id]}; it was {was}, Batti said {answer!r}"
                )


async def _begin(hass: HomeAssistant, state: Mapping[str, Any]) -> None:
    """Every light off, except those that `state` names: `on`, or a mapping as in `expect`."""
    unknown = state.keys() - house.looks(hass).keys()
    assert not unknown, f"the home has no {unknown}"
    for entity_id in house.looks(hass):
        wanted = _look(state.get(entity_id, "off"))
        data = {key: value for key, value in wanted.items() if key != "state"}
        # A light remembers its brightness from the case before.
        await house.switch(hass, "turn_on", entity_id, **({"brightness_pct": 100} | data))
        if wanted["state"] == "off":
            await house.switch(hass, "turn_off", entity_id)


async def _say(hass: HomeAssistant, text: str, where: str | None) -> str:
    """Say it, from the area `where`; what is answered."""
    device_id = house.speaker(hass, where) if where else None
    result = await async_converse(hass, text, None, Context(), agent_id=house.AGENT, device_id=device_id)
    await hass.async_block_till_done()
    return house.spoken(result.response.as_dict())


def _as_expected(look: Mapping[str, Any], expected: str | Mapping[str, Any]) -> bool:
    """Whether a light has everything that is expected of it; what is not said may be as it likes."""
    wanted = dict(_look(expected))
    color = wanted.pop("color_name", None)
    if color is not None and not ("rgb_color" in look and _alike(look["rgb_color"], color_name_to_rgb(color))):
        return False
    return all(look.get(key) == value for key, value in wanted.items())


def _alike(shown: tuple[int, int, int], asked: tuple[int, int, int]) -> bool:
    """Whether two RGB colours have one hue and saturation; how dark they are is the light's brightness."""
    hue, saturation = (
        abs(one - other) for one, other in zip(color_RGB_to_hs(*shown), color_RGB_to_hs(*asked), strict=True)
    )
    return min(hue, 360 - hue) <= 2 and saturation <= 2


def _look(expected: str | Mapping[str, Any]) -> Mapping[str, Any]:
    return {"state": expected} if isinstance(expected, str) else {"state": "on", **expected}
