"""What an entry holds while it is loaded: its engine, what it made of the last sentence, who watches it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING

from homeassistant.core import HomeAssistant, callback

from . import issues
from .const import CONF_DEADLINE
from .interpreter import DEADLINE, Interpretation, Turn, interpret
from .interpreter.engine.base import EngineState, WatchedEngine
from .interpreter.errors import EngineCrashed, EngineError, ServerDenied, ServerUnreachable
from .interpreter.home import Home

if TYPE_CHECKING:
    from . import BattiConfigEntry

CRASHES = 3  # within CRASH_WINDOW: then a repair issue says so
CRASH_WINDOW = 600.0  # seconds


class Batti:
    """A loaded entry.

    Attributes:
        engine: the model.
        last: what was made of the last sentence, None before the first.
    """

    def __init__(self, hass: HomeAssistant, entry: BattiConfigEntry, engine: WatchedEngine) -> None:
        """Watch the engine from now on."""
        self.engine = engine
        self.last: Interpretation | None = None
        self._hass = hass
        self._entry = entry
        self._deadline: float = entry.options.get(CONF_DEADLINE, DEADLINE)
        self._crashes: deque[float] = deque(maxlen=CRASHES)
        self._listeners: list[Callable[[], None]] = []
        engine.on_change = self._changed

    @property
    def available(self) -> bool:
        """Whether a sentence can be understood now, or with a start of the model."""
        return self.engine.state is not EngineState.UNREACHABLE

    async def interpret(self, text: str, home: Home, turn: Turn) -> Interpretation:
        """Find out what a sentence asks for; see `interpreter.interpret`."""
        try:
            self.last = await interpret(text, home, self.engine, turn, self._deadline)
        except EngineError as error:
            self._note(error)
            raise
        self._tell()
        return self.last

    @callback
    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Have `listener` called after every sentence and every change of the engine; returns what ends this."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def _note(self, error: EngineError) -> None:
        """Where an error will not pass by itself, say so under Repairs."""
        if isinstance(error, EngineCrashed):
            self._crashes.append(monotonic())
            if len(self._crashes) < CRASHES or self._crashes[-1] - self._crashes[0] > CRASH_WINDOW:
                return
            self._crashes.clear()
        elif not isinstance(error, ServerDenied | ServerUnreachable):
            return
        issues.create(self._hass, self._entry, error)

    @callback
    def _changed(self) -> None:
        if self.engine.state is EngineState.READY:
            issues.clear(self._hass, self._entry, issues.OF_SERVERS)
        self._tell()

    def _tell(self) -> None:
        for listener in list(self._listeners):
            listener()
