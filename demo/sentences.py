"""Say sentences to Batti in one demo home and see what each of them did."""

from __future__ import annotations

import tempfile
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from homeassistant.components import conversation
from homeassistant.components.light import ColorMode
from homeassistant.core import Context, HomeAssistant, State
from homeassistant.helpers import device_registry as dr
from homeassistant.util.color import COLORS

from custom_components.batti.interpreter import Interpretation

from . import core


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence and everything that it did; `--json` prints this as a dict.

    plan: Home Assistant actions (mappings with `action`, `target`, `data`). changed: entity id -> `before` and `after`,
    each as `looks` returns it. timings_ms: those of `Interpretation`, and `answer` for the whole action call.
    """

    text: str
    yaml: str
    plan: list[dict[str, Any]]
    changed: dict[str, dict[str, dict[str, Any]]]
    reply: str
    timings_ms: dict[str, float]

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)


@asynccontextmanager
async def home_with_batti(home: Path) -> AsyncIterator[HomeAssistant]:
    """Start Home Assistant with the home of the file `home` and with Batti; afterwards delete everything.

    Raises DemoError if a part does not start.
    """
    with tempfile.TemporaryDirectory(prefix="batti-demo-", ignore_cleanup_errors=True) as config_dir:
        hass = await core.start(Path(config_dir), home, core.free_port(), "conversation", "light")
        try:
            await hass.async_start()
            await core.add_batti(hass)
            yield hass
        finally:
            await core.stop(hass)


async def say_all(hass: HomeAssistant, sentences: Iterable[str], area_id: str | None) -> AsyncIterator[Said]:
    """Say the sentences one after the other, each when the previous one is done; `area_id` is the speaker's area, if known.

    Raises DemoError if the home has no such area.
    """
    device_id = _speaker(hass, area_id) if area_id else None
    for sentence in sentences:
        yield await _say(hass, sentence, device_id)


async def _say(hass: HomeAssistant, text: str, device_id: str | None) -> Said:
    (batti,) = (entry.runtime_data for entry in hass.config_entries.async_loaded_entries("batti"))
    batti.data = None
    before = lights(hass)
    began = time.perf_counter()
    if device_id is None:
        response = await hass.services.async_call(
            "conversation", "process", {"text": text, "agent_id": core.AGENT}, blocking=True, return_response=True
        )
    else:  # as a voice satellite does; the action has no field for the device
        result = await conversation.async_converse(
            hass, text, None, Context(), agent_id=core.AGENT, device_id=device_id
        )
        response = result.as_dict()
    answered_ms = (time.perf_counter() - began) * 1000
    await hass.async_block_till_done()
    after = lights(hass)
    changed = {
        entity_id: {"before": before[entity_id], "after": now}
        for entity_id, now in after.items()
        if now != before[entity_id]
    }
    heard: Interpretation | None = batti.data
    return Said(
        text,
        yaml=heard.yaml if heard else "",
        plan=heard.plan.to_list() if heard else [],
        changed=changed,
        reply=_speech(response),
        timings_ms=(heard.timings_ms if heard else {}) | {"answer": round(answered_ms, 3)},
    )


def lights(hass: HomeAssistant) -> dict[str, dict[str, Any]]:
    """The look of every light: entity id -> `looks`."""
    return {state.entity_id: looks(state) for state in hass.states.async_all("light")}


def looks(state: State) -> dict[str, Any]:
    """What a person sees of a light: `state`; if it is on and can do that, also `brightness_pct` (1..100), and
    `color_temp_kelvin` or `rgb_color` (with the CSS `color_name` if that colour has one).
    """
    seen: dict[str, Any] = {"state": state.state}
    attributes = state.attributes
    if (brightness := attributes.get("brightness")) is not None:
        seen["brightness_pct"] = max(1, round(brightness / 2.55))
    if attributes.get("color_mode") == ColorMode.COLOR_TEMP:
        seen["color_temp_kelvin"] = attributes["color_temp_kelvin"]
    elif rgb := attributes.get("rgb_color"):
        seen["rgb_color"] = list(rgb)
        if name := next((name for name, color in COLORS.items() if tuple(color) == tuple(rgb)), None):
            seen["color_name"] = name
    return seen


def _speaker(hass: HomeAssistant, area_id: str) -> str:
    """The id of the device that listens in an area."""
    devices = dr.async_get(hass).async_get_devices(identifiers={("batti_demo", area_id)})
    if not devices:
        raise core.DemoError(f"This home has no area {area_id}.")
    return devices[0].id


def _speech(response: Any) -> str:
    """The spoken answer in what `conversation.process` returns."""
    speech: str = response["response"]["speech"]["plain"]["speech"]
    return speech
