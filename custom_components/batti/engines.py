"""Makes the engine of an entry (the llama.cpp binding, the model, its options), and tries whether it works."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.util.hass_dict import HassKey

from .const import (
    BUNDLED_MODEL,
    CONF_API_KEY,
    CONF_CONTEXT_SIZE,
    CONF_IDLE_UNLOAD,
    CONF_SOURCE,
    CONF_THREADS,
    CONF_URL,
    DEFAULT_IDLE_UNLOAD,
    DOMAIN,
    MODELS,
    Source,
)
from .interpreter import Interpretation, index_of, interpret
from .interpreter.engine.interface import Engine, WatchedEngine
from .interpreter.engine.local import CONTEXT, LocalEngine
from .interpreter.engine.server import ServerEngine
from .interpreter.home import Area, Floor, Home, Light
from .interpreter.reply import error_reply
from .interpreter.words.fold import fold
from .model_files import cache, model_of
from .preparation import Prepared, Progress, Stage, prepare

TRIAL_DEADLINE = 180.0  # seconds; includes the first prefill of a large model's long prompt
EXAMPLE_HOME = Home(
    (Floor("ground", "Ground Floor", level=0),),
    (Area("kitchen", "Kitchen", floor_id="ground"),),
    (Light("light.kitchen", "Ceiling Light", area_id="kitchen"),),
)
EXAMPLE_SENTENCE = "bhansa ko batti bala"


class EnginePreparation:
    """Prepares the llama.cpp binding, once for all entries and flows of this Home Assistant."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Start with nothing prepared."""
        self._hass = hass
        self._task: asyncio.Task[Prepared] | None = None
        self._listeners: list[Progress] = []

    @property
    def prepared(self) -> Prepared | None:
        """The prepared engine; None if there is none."""
        done = self._task is not None and self._task.done() and not self._task.cancelled()
        return self._task.result() if done and self._task and self._task.exception() is None else None

    async def prepare(self, on_progress: Progress | None = None, *, again: bool = False) -> Prepared:
        """Prepare an engine for the worker. Calls at the same time share one preparation.

        Args:
            on_progress: called with the progress, as long as this call waits.
            again: prepare again, because the prepared engine does not work.

        Raises:
            EngineMissing: no engine works here; the message says why.
        """
        if on_progress:
            self._listeners.append(on_progress)
        try:
            # The engine may be gone or outdated by now; checking it only reads a small file.
            if self._task is None or self._task.done():
                self._task = self._hass.async_create_background_task(self._run(again), "batti: prepare the engine")
            return await asyncio.shield(self._task)
        finally:
            if on_progress:
                self._listeners.remove(on_progress)

    async def _run(self, again: bool) -> Prepared:
        session = async_get_clientsession(self._hass)
        folder = cache(self._hass) / "engine"
        return await prepare(folder, MODELS / BUNDLED_MODEL, session, on_progress=self._tell, again=again)

    @callback
    def _tell(self, stage: Stage, share: float | None) -> None:
        for listener in list(self._listeners):
            listener(stage, share)


_PREPARATION: HassKey[EnginePreparation] = HassKey(f"{DOMAIN}_preparation")


@callback
def engine_preparation(hass: HomeAssistant) -> EnginePreparation:
    """The engine preparation of this Home Assistant."""
    return hass.data.setdefault(_PREPARATION, EnginePreparation(hass))


async def engine_of(
    hass: HomeAssistant, data: Mapping[str, Any], options: Mapping[str, Any], on_progress: Progress | None = None
) -> WatchedEngine:
    """The engine of an entry, not started yet.

    Raises:
        EngineMissing: no llama.cpp binding works here.
    """
    if data[CONF_SOURCE] == Source.SERVER:
        return ServerEngine(async_get_clientsession(hass), data[CONF_URL], data.get(CONF_API_KEY))
    prepared = await engine_preparation(hass).prepare(on_progress)
    minutes = options.get(CONF_IDLE_UNLOAD, DEFAULT_IDLE_UNLOAD)
    return LocalEngine(
        model_of(data),
        threads=options.get(CONF_THREADS),
        n_ctx=options.get(CONF_CONTEXT_SIZE, CONTEXT),
        binding=prepared.binding,
        packages=prepared.packages,
        state_dir=cache(hass) / "states",
        idle_unload=minutes * 60 or None,
    )


async def try_out(engine: Engine) -> Interpretation:
    """Let a model interpret one sentence, then stop it: a model that can do this works.

    Raises:
        EngineError: it cannot.
    """
    try:
        await engine.start()
        return await interpret(EXAMPLE_SENTENCE, EXAMPLE_HOME, engine, deadline=TRIAL_DEADLINE)
    finally:
        await engine.stop()


def read_words() -> None:
    """Load the interpreter's word lists now, outside the event loop, instead of at the first sentence."""
    index_of(EXAMPLE_HOME).mark(fold(EXAMPLE_SENTENCE))
    error_reply(EXAMPLE_SENTENCE, "error")
