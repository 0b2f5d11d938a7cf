"""What lights are like now: their states in Home Assistant, for actions that depend on them and for questions."""

from __future__ import annotations

from functools import cache

from homeassistant.components.light import ColorMode
from homeassistant.const import STATE_OFF, STATE_ON
from homeassistant.core import HomeAssistant, State, callback
from homeassistant.util.color import color_hs_to_RGB, color_name_to_rgb, color_RGB_to_hs

from .interpreter import ability
from .interpreter.home import Home
from .interpreter.language.items import DESCRIBE
from .interpreter.language.plan import Action, Plan, lights_of
from .interpreter.lexicon import COLOURS
from .interpreter.reply import Description

Rgb = tuple[int, int, int]


def state_of(state: State) -> ability.State:
    """A state of Home Assistant as an action counts from it."""
    if state.state != STATE_ON:
        return {"state": STATE_OFF}
    brightness = state.attributes.get("brightness")
    # As Home Assistant rounds it before it adds a step.
    known = {} if brightness is None else {"brightness_pct": round(brightness / 255 * 100)}
    return {"state": STATE_ON, **known}


@callback
def describe(hass: HomeAssistant, plan: Plan, home: Home) -> tuple[Description, ...]:
    """The answers to the questions of a plan."""
    return tuple(_description(hass, action, home) for action in plan.actions if action.action == DESCRIBE)


@callback
def _description(hass: HomeAssistant, action: Action, home: Home) -> Description:
    names = {light.entity_id: light.name for light in home.lights}
    states = {entity_id: hass.states.get(entity_id) for entity_id in lights_of(action, home)}
    reached = {
        entity_id: state
        for entity_id, state in states.items()
        if state is not None and state.state in (STATE_ON, STATE_OFF)
    }
    on = {entity_id: state for entity_id, state in reached.items() if state.state == STATE_ON}
    ask = str(action.data.get("ask", ""))
    show = {"brightness": _brightness, "color": _colour}.get(ask)
    return Description(
        action.said,
        tuple(names[entity_id] for entity_id in on),
        len(reached),
        tuple(names[entity_id] for entity_id in states if entity_id not in reached),
        ask,
        tuple(map(show, on.values())) if show else (),
    )


def _brightness(state: State) -> str:
    """Its brightness; nothing for a lamp that does not have one."""
    percent = state_of(state).get("brightness_pct")
    return "" if percent is None else f"{percent}%"


def _colour(state: State) -> str:
    """Its white in kelvin, or the nearest colour that has a name; nothing for a lamp that does not have one."""
    mode = state.attributes.get("color_mode")
    if mode == ColorMode.COLOR_TEMP and (kelvin := state.attributes.get("color_temp_kelvin")):
        return f"{kelvin} K"
    if mode == ColorMode.WHITE:
        return ability.WHITE
    rgb = state.attributes.get("rgb_color")
    return _nearest(tuple(rgb)) if rgb else ""


@cache
def _nearest(rgb: Rgb) -> str:
    """The name of the nearest colour. How dark it is does not count: that is the light's brightness.

    >>> _nearest((0, 128, 0)), _nearest((255, 250, 245))
    ('green', 'white')
    """
    shown = _at_full(rgb)

    def distance(name: str) -> int:
        return sum((one - other) ** 2 for one, other in zip(shown, _at_full(color_name_to_rgb(name)), strict=True))

    return min(COLOURS, key=distance)  # of several that differ in darkness only, the first one of the lexicon


def _at_full(rgb: Rgb) -> Rgb:
    return color_hs_to_RGB(*color_RGB_to_hs(*rgb))
