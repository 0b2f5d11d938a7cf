"""Repair flows: fix the issues that a click can fix."""

from __future__ import annotations

import asyncio
from typing import Any

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.core import HomeAssistant

from .const import BUNDLED_MODEL, CONF_MODEL, CONF_SOURCE, Source
from .coordinator import BattiConfigEntry
from .engines import engine_of, engine_preparation, try_out
from .error_texts import translation
from .interpreter.errors import BattiError
from .issues import OF_MODELS, OF_SERVERS


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Create the flow that fixes an issue of `issues.py`."""
    assert data is not None
    entry = hass.config_entries.async_get_entry(str(data["entry_id"]))
    assert entry is not None, "an entry's issues go with it"
    return (ModelFlow if data["kind"] in OF_MODELS else EngineFlow)(entry, str(data["kind"]), str(data["reason"]))


class EngineFlow(RepairsFlow):
    """Prepares the engine again, or asks the server again; if that works, reloads the entry."""

    def __init__(self, entry: BattiConfigEntry, kind: str, reason: str) -> None:
        """Keep what is to be fixed."""
        self._entry = entry
        self._kind = kind
        self._reason = reason
        self._task: asyncio.Task[BattiError | None] | None = None

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Start with the confirmation."""
        return await self.async_step_confirm()

    async def async_step_confirm(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Explain the fix, and show the last error."""
        if user_input is not None:
            return await self.async_step_mend()
        return self.async_show_form(step_id="confirm", description_placeholders=self._placeholders())

    async def async_step_mend(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Run the fix with a progress dialog: downloading the engine may take minutes."""
        if self._task is None:
            self._task = self.hass.async_create_task(self._fix(), "batti: repair")
        if not self._task.done():
            return self.async_show_progress(step_id="mend", progress_action="mend", progress_task=self._task)
        error, self._task = self._task.result(), None
        if error is not None:
            self._reason = str(error)
        return self.async_show_progress_done(next_step_id="failed" if error else "done")

    async def async_step_failed(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Show what still does not work, and offer to try again."""
        if user_input is not None:
            return await self.async_step_mend()
        errors = {"base": "still_failing"}
        return self.async_show_form(step_id="failed", errors=errors, description_placeholders=self._placeholders())

    async def async_step_done(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Reload the entry, which now works; that deletes its issues."""
        await self.hass.config_entries.async_reload(self._entry.entry_id)
        return self.async_create_entry(data={})

    def _placeholders(self) -> dict[str, str]:
        return {"name": self._entry.title, "reason": self._reason}

    async def _fix(self) -> BattiError | None:
        try:
            if self._kind not in OF_SERVERS:
                await engine_preparation(self.hass).prepare(again=True)
            await try_out(await engine_of(self.hass, self._entry.data, self._entry.options))
        except BattiError as error:
            return error
        return None


class ModelFlow(RepairsFlow):
    """A model that is missing or does not fit: try it again, or switch to the bundled one."""

    def __init__(self, entry: BattiConfigEntry, kind: str, reason: str) -> None:
        """Keep what is to be fixed."""
        self._entry = entry
        self._reason = reason

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Ask what to do."""
        # Only one entry can have the bundled model.
        entries = self.hass.config_entries.async_entries(self._entry.domain)
        taken = any(entry.data[CONF_SOURCE] == Source.BUNDLED for entry in entries)
        return self.async_show_menu(
            step_id="init",
            menu_options=["again"] if taken else ["bundled", "again"],
            description_placeholders={"name": self._entry.title, "reason": self._reason},
        )

    async def async_step_again(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Reload the entry: the file may be back."""
        try:
            await try_out(await engine_of(self.hass, self._entry.data, self._entry.options))
        except BattiError as error:
            told = translation(error)
            return self.async_abort(reason="still_failing", description_placeholders=told["translation_placeholders"])
        return await self._reloaded()

    async def async_step_bundled(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Switch the entry to the bundled model."""
        self.hass.config_entries.async_update_entry(
            self._entry,
            data={CONF_SOURCE: Source.BUNDLED, CONF_MODEL: BUNDLED_MODEL},
            unique_id=BUNDLED_MODEL,
            title="Batti",
        )
        return await self._reloaded()

    async def _reloaded(self) -> RepairsFlowResult:
        await self.hass.config_entries.async_reload(self._entry.entry_id)
        return self.async_create_entry(data={})
