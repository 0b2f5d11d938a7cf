"""Keeps an eye on a server: its entity is unavailable while it is gone, and comes back by itself."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from .interpreter.engine.server import ServerEngine
from .interpreter.errors import EngineError

_LOGGER = logging.getLogger(__name__)
WHILE_THERE = timedelta(minutes=1)
WHILE_GONE = (5, 10, 20, 40, 60)  # seconds; the last is repeated


class ServerWatch:
    """Asks a server now and then whether it is there; more often at first when it has just gone.

    Args:
        on_gone: told of the error when the server has gone.
    """

    def __init__(self, hass: HomeAssistant, engine: ServerEngine, on_gone: Callable[[EngineError], None]) -> None:
        """Begin."""
        self._hass = hass
        self._engine = engine
        self._on_gone = on_gone
        self._failures = 0
        self._cancel: CALLBACK_TYPE = lambda: None
        self._again(WHILE_THERE.total_seconds())

    @callback
    def stop(self) -> None:
        """Ask no more."""
        self._cancel()

    def _again(self, seconds: float) -> None:
        self._cancel = async_call_later(self._hass, seconds, self._look)

    async def _look(self, _: datetime) -> None:
        try:
            await self._engine.start()
        except EngineError as error:
            if not self._failures:
                _LOGGER.warning("The llama.cpp server is gone: %s", error)
                self._on_gone(error)
            pause: float = WHILE_GONE[min(self._failures, len(WHILE_GONE) - 1)]
            self._failures += 1
        else:
            if self._failures:
                _LOGGER.info("The llama.cpp server is back")
            self._failures, pause = 0, WHILE_THERE.total_seconds()
        self._again(pause)
