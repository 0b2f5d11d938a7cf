"""Keeps the home of a Home Assistant up to date, so that a command does not wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from typing import Any

from homeassistant.components.conversation import DOMAIN as CONVERSATION
from homeassistant.components.homeassistant.exposed_entities import async_listen_entity_updates
from homeassistant.components.light import DOMAIN as LIGHT
from homeassistant.components.switch import DOMAIN as SWITCH
from homeassistant.const import (
    ATTR_DEVICE_CLASS,
    ATTR_ENTITY_ID,
    ATTR_FRIENDLY_NAME,
    ATTR_GROUP_ENTITIES,
    EVENT_STATE_CHANGED,
)
from homeassistant.core import CALLBACK_TYPE, Event, EventStateChangedData, HassJob, HomeAssistant, State, callback
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import floor_registry as fr
from homeassistant.helpers.event import async_call_later

from . import lamp_switches
from .exposed_lights import home_of
from .interpreter import index_of
from .interpreter.home import Home

QUIET = 1.0  # seconds without a change, after which the home is read again
_DOMAINS = (f"{LIGHT}.", f"{SWITCH}.")
# What `home_of` reads of a state; whether it is on, and how bright, is not part of a home.
_ATTRIBUTES = (
    ATTR_FRIENDLY_NAME,
    ATTR_DEVICE_CLASS,
    ATTR_ENTITY_ID,
    ATTR_GROUP_ENTITIES,
    "supported_color_modes",
    "min_color_temp_kelvin",
    "max_color_temp_kelvin",
)
_OF_DEVICES = ("area_id", "name", "name_by_user", "parent_device_id")


class HomeWatch:
    """The home as `home_of` reads it, with the index of its names.

    It is read when something of it has changed; a command that comes before that reads it at once.
    """

    def __init__(self, hass: HomeAssistant, lamps: Collection[str] = ()) -> None:
        """Nothing is read or watched yet; `lamps` has the switches that the user says are lamps."""
        self._hass = hass
        self._lamps = frozenset(lamps)
        self._home = Home()
        self._changes = 0
        self._read_at = -1  # how many changes there had been when the home was read
        self._reading = asyncio.Lock()
        self._cancel_timer: CALLBACK_TYPE | None = None

    @callback
    def start(self) -> CALLBACK_TYPE:
        """Watch from now on, and read the home soon; returns what ends that."""
        bus = self._hass.bus
        listeners = [
            bus.async_listen(EVENT_STATE_CHANGED, self._changed, self._is_of_a_home),
            bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, self._changed, self._is_of_a_light),
            bus.async_listen(dr.EVENT_DEVICE_REGISTRY_UPDATED, self._changed, self._is_of_a_device),
            bus.async_listen(ar.EVENT_AREA_REGISTRY_UPDATED, self._changed),
            bus.async_listen(fr.EVENT_FLOOR_REGISTRY_UPDATED, self._changed),
            async_listen_entity_updates(self._hass, CONVERSATION, self._changed),
        ]
        self._changed()

        @callback
        def stop() -> None:
            for remove in listeners:
                remove()
            self._cancel()

        return stop

    async def home(self) -> Home:
        """The home as it is now."""
        async with self._reading:
            if self._changes != self._read_at:
                await self._hass.async_add_executor_job(lamp_switches.read_words)
                changes = self._changes
                home = home_of(self._hass, self._lamps)
                # The index of 500 lights takes most of a second, so make it in a thread; the interpreter keeps it.
                await self._hass.async_add_executor_job(index_of, home)
                self._home, self._read_at = home, changes
        return self._home

    @callback
    def _changed(self, _: Event[Any] | None = None) -> None:
        self._changes += 1
        self._cancel()
        job = HassJob(self._read, "batti: read the home", cancel_on_shutdown=True)
        self._cancel_timer = async_call_later(self._hass, QUIET, job)

    async def _read(self, _: object) -> None:
        self._cancel_timer = None
        await self.home()

    @callback
    def _cancel(self) -> None:
        if self._cancel_timer:
            self._cancel_timer()
            self._cancel_timer = None

    @staticmethod
    @callback
    def _is_of_a_home(data: EventStateChangedData) -> bool:
        if not data["entity_id"].startswith(_DOMAINS):
            return False
        return _facts(data["old_state"]) != _facts(data["new_state"])

    @staticmethod
    @callback
    def _is_of_a_light(data: Mapping[str, Any]) -> bool:
        return str(data["entity_id"]).startswith(_DOMAINS)

    @staticmethod
    @callback
    def _is_of_a_device(data: Mapping[str, Any]) -> bool:
        return data["action"] == "update" and not data["changes"].keys().isdisjoint(_OF_DEVICES)


def _facts(state: State | None) -> tuple[Any, ...] | None:
    return None if state is None else tuple(state.attributes.get(name) for name in _ATTRIBUTES)
