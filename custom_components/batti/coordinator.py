"""The coordinator of a loaded entry: runs the engine, keeps the home and the last interpretation, updates the entities."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from datetime import timedelta
from time import monotonic

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryError, HomeAssistantError
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed

from . import issues
from .const import CONF_DEADLINE, CONF_LAMPS, CONF_SOURCE, DOMAIN, Source
from .engines import engine_of
from .error_texts import LASTING, translation
from .home_watch import HomeWatch
from .interpreter import DEADLINE, Interpretation, Turn, interpret
from .interpreter.engine.interface import EngineState, WatchedEngine
from .interpreter.errors import EngineCrashed, EngineError, ServerDenied, ServerUnreachable
from .interpreter.home import Home

_LOGGER = logging.getLogger(__name__)
PATIENCE = 30.0  # seconds that setup waits for the engine to be prepared; downloading it may take minutes
POLL_INTERVAL = timedelta(minutes=1)  # between two checks of a server that answers
RETRY_PAUSES = (5, 10, 20, 40, 60)  # seconds before each retry; the last one is repeated
CRASHES = 3  # within CRASH_WINDOW: this many create a repair issue
CRASH_WINDOW = 600.0  # seconds


type BattiConfigEntry = ConfigEntry[BattiCoordinator]


class BattiCoordinator(DataUpdateCoordinator[Interpretation | None]):
    """A loaded entry.

    A server is polled: it may stop, and come back with another model. An engine on this computer is not polled: it reports
    its own changes.

    Attributes:
        engine: the model.
        data: the interpretation of the last sentence; None before the first.
    """

    config_entry: BattiConfigEntry
    engine: WatchedEngine

    def __init__(self, hass: HomeAssistant, entry: BattiConfigEntry) -> None:
        """Nothing is prepared or started yet: the first refresh does that."""
        self._polled = entry.data[CONF_SOURCE] == Source.SERVER
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name=entry.title,
            update_interval=POLL_INTERVAL if self._polled else None,
            always_update=False,
        )
        self._watch = HomeWatch(hass, entry.options.get(CONF_LAMPS, ()))
        self._failures = 0
        self._crashes: deque[float] = deque(maxlen=CRASHES)

    @property
    def available(self) -> bool:
        """Whether a sentence can be interpreted, if needed after a start of the model."""
        return self.engine.state is not EngineState.UNREACHABLE

    @property
    def _is_setup(self) -> bool:
        return self.config_entry.state is ConfigEntryState.SETUP_IN_PROGRESS

    async def home(self) -> Home:
        """The lights that are exposed to Assist now, and where they are."""
        return await self._watch.home()

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
        """Prepare the engine. If that takes long, Home Assistant retries the setup, and the work continues meanwhile."""
        try:
            async with asyncio.timeout(PATIENCE):
                self.engine = await engine_of(self.hass, self.config_entry.data, self.config_entry.options)
        except TimeoutError as error:
            raise UpdateFailed(translation_domain=DOMAIN, translation_key="engine_preparing") from error
        except EngineError as error:
            raise self._failed(error) from error
        self.engine.on_change = self._changed
        self.config_entry.async_on_unload(self.engine.stop)
        self.config_entry.async_on_unload(self._watch.start())
        if self._polled:
            # Home Assistant polls only for listeners, and all entities may be disabled; the repair issue is for everybody.
            self.config_entry.async_on_unload(self.async_add_listener(lambda: None))

    async def _async_update_data(self) -> Interpretation | None:
        """Start the model in its worker process, or check that its server answers."""
        if not (self._polled or self._is_setup):
            return self.data  # an engine on this computer is started by the next sentence, not by a look at it
        try:
            await self.engine.start()
        except EngineError as error:
            raise self._failed(error) from error
        issues.clear(self.hass, self.config_entry)
        return self.data

    def _failed(self, error: EngineError) -> HomeAssistantError:
        """Create a repair issue at the first failure, and return what tells Home Assistant whether a retry may help."""
        if not self._failures:
            issues.create(self.hass, self.config_entry, error)
        pause = RETRY_PAUSES[min(self._failures, len(RETRY_PAUSES) - 1)]
        self._failures += 1
        if self._is_setup and isinstance(error, LASTING):
            return ConfigEntryError(**translation(error))
        return UpdateFailed(**translation(error), retry_after=pause)

    def _lasts(self, error: EngineError) -> bool:
        """Whether an error during a sentence will not go away by itself."""
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
            self._failures = 0
            issues.clear(self.hass, self.config_entry, issues.OF_SERVERS)
        self.async_update_listeners()
