"""Reads the exposed lights from Home Assistant, and calls its light actions.

Only this file uses Home Assistant's registries and light actions. It enforces exposure, because light actions do not:
every call names one light (or one switch that a lamp hangs on) that is exposed to Assist, never an area or `all`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from dataclasses import replace
from enum import IntEnum
from typing import Any, NamedTuple

from homeassistant.components.conversation import DOMAIN as CONVERSATION
from homeassistant.components.homeassistant import async_should_expose
from homeassistant.components.light import DOMAIN as LIGHT
from homeassistant.components.switch import DOMAIN as SWITCH
from homeassistant.components.switch import SwitchDeviceClass
from homeassistant.const import ATTR_DEVICE_CLASS, ATTR_ENTITY_ID, ATTR_GROUP_ENTITIES, STATE_ON, STATE_UNAVAILABLE
from homeassistant.core import Context, HomeAssistant, State, callback, split_entity_id
from homeassistant.exceptions import Unauthorized
from homeassistant.helpers import (
    area_registry as ar,
)
from homeassistant.helpers import (
    device_registry as dr,
)
from homeassistant.helpers import (
    entity_registry as er,
)
from homeassistant.helpers import (
    floor_registry as fr,
)
from homeassistant.helpers import (
    intent,
)

from .interpreter.ability import Ability, asked, effect, lacking, only_on
from .interpreter.home import Area, Floor, Home, Light
from .interpreter.language.plan import Action, Plan, lights_of
from .interpreter.reply import Outcome, Unable
from .lamp_switches import Chance, chance_of
from .light_states import describe, state_of

_LOGGER = logging.getLogger(__name__)
_PATIENCE = 10  # seconds that the answer waits for one light
_WAITING = "waiting"


@callback
def home_of(hass: HomeAssistant, lamps: Collection[str] = ()) -> Home:
    """The lights that are exposed to Assist, and the areas and floors that have any of them.

    Args:
        lamps: the switches that the user says are lamps; of the others, their names say what they may be.
    """
    lights = tuple(_light(hass, state) for state in _exposed(hass, LIGHT))
    lights += tuple(lamp for state in _exposed(hass, SWITCH) if (lamp := _lamp(hass, state, lamps)))
    lit = {light.area_id for light in lights}
    areas = [area for area in ar.async_get(hass).async_list_areas() if area.id in lit]
    floors = {floor.floor_id: floor for floor in fr.async_get(hass).async_list_floors()}
    used = {area.floor_id for area in areas}
    return Home(
        tuple(
            Floor(floor_id, floor.name, tuple(sorted(floor.aliases)), floor.level)
            for floor_id, floor in floors.items()
            if floor_id in used
        ),
        tuple(
            Area(area.id, area.name, tuple(sorted(area.aliases)), area.floor_id if area.floor_id in floors else None)
            for area in areas
        ),
        lights,
    )


@callback
def speaker_area(hass: HomeAssistant, satellite_id: str | None, device_id: str | None) -> str | None:
    """The speaker's area: that of the satellite, or else of its device; None if neither is known."""
    satellite = er.async_get(hass).async_get(satellite_id) if satellite_id else None
    if satellite and (area_id := er.async_get_effective_area_id(hass, satellite)):
        return area_id
    if device_id is not None and (device := dr.async_get(hass).async_get(device_id)) is not None:
        return dr.async_get_effective_area_id(hass, device)
    return None


async def perform(hass: HomeAssistant, plan: Plan, home: Home, context: Context) -> Outcome:
    """Run the actions of a plan in order, each on all its lights at once, with the permissions of the context's user.

    A light that lacks an ability is not called. It is reported only if the speaker named it, or if no light of the action
    changed. Every other light that did not do all that was asked is always reported. The other lights still run.
    """
    changed: list[str] = []
    unable: list[Unable] = []
    now_pct: dict[str, int] = {}
    lights = {light.entity_id: light for light in home.lights}
    for action in plan.calls:
        targets = [lights[entity_id] for entity_id in lights_of(action, home)]
        results = await asyncio.gather(*(_do(hass, action, light, context) for light in targets))
        is_relative = "brightness_step_pct" in action.data or action.dims
        # Lights that are off already are as dim as can be; they are spoken of only if there is nothing else to tell.
        best = max((result.done for result in results), default=Done.NO)
        for light, result in zip(targets, results, strict=True):
            if best and result.done == best:
                changed.append(light.entity_id)
                if is_relative and result.now_pct is not None:
                    now_pct[light.entity_id] = result.now_pct
            is_named = light.entity_id in action.target.get("entity_id", ())
            if result.unable and (is_named or best < Done.YES or not isinstance(result.unable, Ability)):
                unable.append(Unable(light.entity_id, light.name, result.unable))
    return Outcome(tuple(dict.fromkeys(changed)), tuple(dict.fromkeys(unable)), describe(hass, plan, home), now_pct)


def _exposed(hass: HomeAssistant, domain: str) -> list[State]:
    return [
        state for state in hass.states.async_all(domain) if async_should_expose(hass, CONVERSATION, state.entity_id)
    ]


def _lamp(hass: HomeAssistant, state: State, lamps: Collection[str]) -> Light | None:
    """The lamp on a switch; None if there surely is another thing on it."""
    light = _light(hass, state)
    if light.entity_id in lamps:
        return light
    if state.attributes.get(ATTR_DEVICE_CLASS) == SwitchDeviceClass.OUTLET:
        return None
    chance = chance_of((light.name, *light.aliases))
    return None if chance is Chance.NEVER else replace(light, is_sure=chance is Chance.SURE)


def _light(hass: HomeAssistant, state: State) -> Light:
    entry = er.async_get(hass).async_get(state.entity_id)
    area_id = er.async_get_effective_area_id(hass, entry) if entry else None
    # The user may take an entity's own name off the list of its names.
    answers_to_name = entry is None or er.COMPUTED_NAME in entry.aliases
    aliases = intent.async_get_entity_aliases(hass, entry, state=state)
    kelvin = {
        ours: theirs
        for ours, key in (("min_kelvin", "min_color_temp_kelvin"), ("max_kelvin", "max_color_temp_kelvin"))
        if (theirs := state.attributes.get(key)) is not None
    }
    return Light(
        state.entity_id,
        state.name,
        tuple(alias for alias in aliases if alias and not (answers_to_name and alias == state.name)),
        area_id if area_id and ar.async_get(hass).async_get_area(area_id) else None,
        frozenset(state.attributes.get("supported_color_modes") or ["onoff"]),
        **kelvin,
        members=_members(state),
        answers_to_name=answers_to_name,
    )


def _members(state: State) -> tuple[str, ...]:
    """The lights of a group, in its order; some integrations tell them in one attribute, some in the other."""
    for key in (ATTR_ENTITY_ID, ATTR_GROUP_ENTITIES):
        members = state.attributes.get(key)
        if isinstance(members, set | frozenset):  # Hue has no order
            members = sorted(members)
        if isinstance(members, list | tuple):
            return tuple(member for member in members if member != state.entity_id)
    return ()


class Done(IntEnum):
    """How far one light did what was asked."""

    NO = 0
    ALREADY = 1  # it is off, and was to become dimmer
    YES = 2


class _Result(NamedTuple):
    """What came of one action on one light.

    Attributes:
        unable: why the light did not do all that was asked (`Unable.what`); None if it did.
        now_pct: its brightness after the action, if that says one.
    """

    done: Done
    unable: str | None = None
    now_pct: int | None = None


async def _do(hass: HomeAssistant, action: Action, light: Light, context: Context) -> _Result:
    """Do one action with one light."""
    state = hass.states.get(light.entity_id)
    if state is None or state.state == STATE_UNAVAILABLE:
        return _Result(Done.NO, "unavailable")
    if (ability := lacking(action.data, light)) is not None:
        return _Result(Done.NO, ability)
    before = state_of(state)
    if (data := asked(action, light, before)) is None:
        return _Result(Done.ALREADY, now_pct=0)
    unable = await _call(hass, action.action, light.entity_id, data, context)
    if unable not in (None, _WAITING):
        return _Result(Done.NO, unable)
    if unable is None and only_on(action.data, light) and effect(action, light, before)["state"] == STATE_ON:
        unable = "only_on"
    return _Result(Done.YES, unable, data.get("brightness_pct"))


async def _call(hass: HomeAssistant, action: str, entity_id: str, data: dict[str, Any], context: Context) -> str | None:
    """Call an action of one light; return why it failed, `_WAITING` if it is not known yet, or None.

    A slow light is not stopped in the middle: its call goes on in the background.
    """
    service = action.removeprefix(f"{LIGHT}.")
    domain = split_entity_id(entity_id)[0]
    target = {ATTR_ENTITY_ID: entity_id}

    async def call() -> str | None:
        try:
            # A switch is only on or off.
            with_data = target | data if domain == LIGHT else target
            await hass.services.async_call(domain, service, with_data, blocking=True, context=context)
        except Unauthorized:
            return "unauthorized"
        except Exception:  # whatever this light's integration raises, the other lights still run
            _LOGGER.exception("%s of %s failed", action, entity_id)
            return "failed"
        return None

    task = hass.async_create_background_task(call(), f"batti: {action} of {entity_id}")
    await asyncio.wait([task], timeout=_PATIENCE)
    return task.result() if task.done() else _WAITING
