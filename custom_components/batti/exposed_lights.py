"""Reads the exposed lights from Home Assistant, and calls its light actions.

Only this file uses Home Assistant's registries and light actions. It enforces exposure, because light actions do not:
every call names one light that is exposed to Assist, never an area or `all`.
"""

from __future__ import annotations

import asyncio
import logging

from homeassistant.components.conversation import DOMAIN as CONVERSATION
from homeassistant.components.homeassistant import async_should_expose
from homeassistant.components.light import DOMAIN as LIGHT
from homeassistant.const import ATTR_ENTITY_ID, STATE_ON, STATE_UNAVAILABLE
from homeassistant.core import Context, HomeAssistant, State, callback
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

from .interpreter.ability import Ability, fitting, lacking
from .interpreter.home import Area, Floor, Home, Light
from .interpreter.language.items import DESCRIBE
from .interpreter.language.plan import Action, Plan, lights_of
from .interpreter.reply import Description, Outcome, Unable

_LOGGER = logging.getLogger(__name__)
_PATIENCE = 10  # seconds: time limit of one light's action


@callback
def home_of(hass: HomeAssistant) -> Home:
    """The lights that are exposed to Assist, and the areas and floors that have any of them."""
    exposed = [
        state for state in hass.states.async_all(LIGHT) if async_should_expose(hass, CONVERSATION, state.entity_id)
    ]
    lights = tuple(_light(hass, state) for state in exposed)
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
    changed. A light that is unavailable or fails is always reported. The other lights still run.
    """
    changed: list[str] = []
    unable: list[Unable] = []
    lights = {light.entity_id: light for light in home.lights}
    for action in plan.calls:
        targets = [lights[entity_id] for entity_id in lights_of(action, home)]
        failures = await asyncio.gather(*(_do(hass, action, light, context) for light in targets))
        done = [light.entity_id for light, failure in zip(targets, failures, strict=True) if failure is None]
        changed += done
        unable += [
            Unable(light.entity_id, light.name, failure)
            for light, failure in zip(targets, failures, strict=True)
            if failure is not None
            and not (
                done and isinstance(failure, Ability) and light.entity_id not in action.target.get("entity_id", ())
            )
        ]
    described = tuple(_description(hass, action, home) for action in plan.actions if action.action == DESCRIBE)
    return Outcome(tuple(dict.fromkeys(changed)), tuple(dict.fromkeys(unable)), described)


@callback
def _description(hass: HomeAssistant, action: Action, home: Home) -> Description:
    names = {light.entity_id: light.name for light in home.lights}
    asked = lights_of(action, home)
    return Description(
        action.said, tuple(names[one] for one in asked if hass.states.is_state(one, STATE_ON)), len(asked)
    )


def _light(hass: HomeAssistant, state: State) -> Light:
    entry = er.async_get(hass).async_get(state.entity_id)
    area_id = er.async_get_effective_area_id(hass, entry) if entry else None
    aliases = intent.async_get_entity_aliases(hass, entry, state=state)
    kelvin = {
        ours: theirs
        for ours, key in (("min_kelvin", "min_color_temp_kelvin"), ("max_kelvin", "max_color_temp_kelvin"))
        if (theirs := state.attributes.get(key)) is not None
    }
    return Light(
        state.entity_id,
        state.name,
        tuple(alias for alias in aliases if alias and alias != state.name),
        area_id if area_id and ar.async_get(hass).async_get_area(area_id) else None,
        frozenset(state.attributes.get("supported_color_modes") or ["onoff"]),
        **kelvin,
    )


async def _do(hass: HomeAssistant, action: Action, light: Light, context: Context) -> str | None:
    """Call one action on one light; return why it failed (`Unable.what`), or None."""
    state = hass.states.get(light.entity_id)
    if state is None or state.state == STATE_UNAVAILABLE:
        return "unavailable"
    if (ability := lacking(action.data, light)) is not None:
        return ability
    data = {ATTR_ENTITY_ID: light.entity_id, **fitting(action.data, light)}
    service = action.action.removeprefix(f"{LIGHT}.")
    try:
        async with asyncio.timeout(_PATIENCE):
            await hass.services.async_call(LIGHT, service, data, blocking=True, context=context)
    except Unauthorized:
        return "unauthorized"
    except Exception:  # whatever this light's integration raises, the other lights still run
        _LOGGER.exception("%s of %s failed", action.action, light.entity_id)
        return "failed"
    return None
