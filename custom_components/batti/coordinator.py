"""What an entry does while it is loaded: its engine, what it made of the last sentence, and whoever watches it."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from datetime import timedelta
from time import monotonic

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryError, HomeAssistantError
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed

from . import issues
from .const import CONF_DEADLINE, CONF_SOURCE, DOMAIN, Source
from .engines import engine_of
from .errors import LASTING, translation
from .interpreter import DEADLINE, Interpretation, Turn, interpret
from .interpreter.engine.base import EngineState, WatchedEngine
from .interpreter.errors import EngineCrashed, EngineError, ServerDenied, ServerUnreachable
from .interpreter.home import Home

_LOGGER = logging.getLogger(__name__)
PATIENCE = 30.0  # seconds that setting up waits for the engine to be prepared; fetching it may take minutes
WHILE_THERE = timedelta(minutes=1)  # between two looks at a server
WHILE_GONE = (5, 10, 20, 40, 60)  # seconds; the last is repeated
CRASHES = 3  # within CRASH_WINDOW: then a repair issue says so
CRASH_WINDOW = 600.0  # seconds


type BattiConfigEntry = ConfigEntry[BattiCoordinator]


class BattiCoordinator(DataUpdateCoordinator[Interpretation | None]):
    """A loaded entry.

    A server is polled: it may go, and come back with another model. An engine on this computer pushes: it says itself when
    something has changed.

    Attributes:
        engine: the model.
        data: what was made of the last sentence, None before the first.
    """

    config_entry: BattiConfigEntry
    engine: WatchedEngine

    def __init__(self, hass: HomeAssistant, entry: BattiConfigEntry) -> None:
        """Nothing is prepared or started yet: the first refresh does that."""
        polled = entry.data[CONF_SOURCE] == Source.SERVER
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name=entry.title,
            update_interval=WHILE_THERE if polled else None,
            always_update=False,
        )
        self._failures = 0
        self._crashes: deque[float] = deque(maxlen=CRASHES)

    @property
    def available(self) -> bool:
        """Whether a sentence can be understood now, or with a start of the model."""
        return self.engine.state is not EngineState.UNREACHABLE

    async def interpret(self, text: str, home: Home, turn: Turn) -> Interpretation:
        """Find out what a sentence asks for; see `interpreter.interpret`."""
        deadline: float = self.config_entry.options.get(CONF_DEADLINE, DEADLINE)
        try:
            found = await interpret(text, home, self.engine, turn, deadline)
        except EngineError as error:
            if self._lasts(error):
                issues.create(self.hass, self.config_entry, error)
            raise
        self.async_set_updated_data(found)
        return found

    async def _async_setup(self) -> None:
        """Have the engine prepared; where that takes long Home Assistant asks again, and the work goes on meanwhile."""
        try:
            async with asyncio.timeout(PATIENCE):
                self.engine = await engine_of(self.hass, self.config_entry.data, self.config_entry.options)
        except TimeoutError as error:
            raise UpdateFailed(translation_domain=DOMAIN, translation_key="engine_preparing") from error
        except EngineError as error:
            raise self._failed(error) from error
        self.engine.on_change = self._changed
        self.config_entry.async_on_unload(self.engine.stop)

    async def _async_update_data(self) -> Interpretation | None:
        """Start the model in its worker process, or see that its server is there."""
        try:
            await self.engine.start()
        except EngineError as error:
            raise self._failed(error) from error
        self._failures = 0
        issues.clear(self.hass, self.config_entry)
        return self.data

    def _failed(self, error: EngineError) -> HomeAssistantError:
        """Say under Repairs what is wrong, and to Home Assistant whether it may go by waiting."""
        if not self._failures:
            issues.create(self.hass, self.config_entry, error)
        pause = WHILE_GONE[min(self._failures, len(WHILE_GONE) - 1)]
        self._failures += 1
        if isinstance(error, LASTING):
            return ConfigEntryError(**translation(error))
        return UpdateFailed(**translation(error), retry_after=pause)

    def _lasts(self, error: EngineError) -> bool:
        """Whether an error that ended a sentence will not pass by itself."""
        if not isinstance(error, EngineCrashed):
            return isinstance(error, ServerDenied | ServerUnreachable)
        self._crashes.append(monotonic())
        if len(self._crashes) < CRASHES or self._crashes[-1] - self._crashes[0] > CRASH_WINDOW:
            return False
        self._crashes.clear()
        return True

    @callback
    def _changed(self) -> None:
        if self.engine.state is EngineState.READY:
            issues.clear(self.hass, self.config_entry, issues.OF_SERVERS)
        self.async_update_listeners()
