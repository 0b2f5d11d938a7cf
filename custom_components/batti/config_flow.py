"""The config flow (choose a model, download it, prepare the engine, try both, create the entry) and the options flow."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigFlow,
    ConfigFlowResult,
    OptionsFlow,
    OptionsFlowWithReload,
)
from homeassistant.core import callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from . import model_files
from .const import (
    BUNDLED_MODEL,
    CONF_API_KEY,
    CONF_FILE,
    CONF_MODEL,
    CONF_REPOSITORY,
    CONF_SOURCE,
    CONF_URL,
    DOMAIN,
    Source,
)
from .download import hugging_face
from .engines import engine_of, read_words, try_out
from .error_texts import translation
from .forms import REPOSITORY_FORM, SERVER_FORM, file_form, options_form
from .interpreter.errors import BattiError
from .preparation import Stage

_LOGGER = logging.getLogger(__name__)
UNSEEN = 3.0  # seconds: shorter work shows no progress dialog


class BattiConfigFlow(ConfigFlow, domain=DOMAIN):
    """Lets the user choose a model, and creates the entry."""

    VERSION = 1

    def __init__(self) -> None:
        """Start with nothing chosen."""
        self._data: dict[str, Any] = {}
        self._task: asyncio.Task[Any] | None = None
        self._failure: BattiError | None = None

    @staticmethod
    @callback
    def async_get_options_flow(config_entry: ConfigEntry) -> OptionsFlow:
        """Return the flow that changes options."""
        return BattiOptionsFlow()

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask where the model comes from."""
        return self.async_show_menu(step_id="user", menu_options=list(Source))

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask again, for an existing entry."""
        return self.async_show_menu(step_id="reconfigure", menu_options=list(Source))

    async def async_step_bundled(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Take the model that comes with Batti."""
        if user_input is None:
            return self._form(Source.BUNDLED)
        return await self._choose(BUNDLED_MODEL, {CONF_SOURCE: Source.BUNDLED, CONF_MODEL: BUNDLED_MODEL})

    async def async_step_file(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Take a GGUF file on this machine."""
        files = await self.hass.async_add_executor_job(model_files.find, self.hass)
        form = file_form(map(str, files))
        if user_input is None:
            return self._form(Source.FILE, form)
        path = Path(user_input[CONF_MODEL])
        try:
            await self.hass.async_add_executor_job(model_files.check, self.hass, path)
        except model_files.FileRefused as error:
            return self._form(Source.FILE, form, user_input, {CONF_MODEL: error.key}, error.reason)
        return await self._choose(f"file:{path}", {CONF_SOURCE: Source.FILE, CONF_MODEL: str(path)})

    async def async_step_hugging_face(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Take a model from Hugging Face."""
        if user_input is None:
            return self._form(Source.HUGGING_FACE, REPOSITORY_FORM, self._data)
        chosen = {CONF_SOURCE: Source.HUGGING_FACE} | {key: value.strip() for key, value in user_input.items()}
        name = f"hugging_face:{chosen[CONF_REPOSITORY]}/{chosen[CONF_FILE]}"
        return await self._choose(name, chosen)

    async def async_step_server(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Take a llama.cpp server."""
        if user_input is None:
            return self._form(Source.SERVER, SERVER_FORM, self._data)
        url = user_input[CONF_URL].strip().rstrip("/")
        chosen = {CONF_SOURCE: Source.SERVER, CONF_MODEL: url, CONF_URL: url}
        if key := user_input.get(CONF_API_KEY):
            chosen[CONF_API_KEY] = key
        return await self._choose(f"server:{url}", chosen)

    async def async_step_download(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Fetch the model."""
        return await self._work("download", self._download, self.async_step_prepare)

    async def async_step_prepare(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Prepare the engine, and try the model with a sentence."""
        return await self._work("prepare", self._prepare, self.async_step_finish)

    async def async_step_failed(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show the form of the chosen source again, with what went wrong."""
        assert self._failure is not None
        told = translation(self._failure)
        source = Source(self._data[CONF_SOURCE])
        forms = {Source.HUGGING_FACE: REPOSITORY_FORM, Source.SERVER: SERVER_FORM}
        if source is Source.FILE:
            files = await self.hass.async_add_executor_job(model_files.find, self.hass)
            forms[Source.FILE] = file_form(map(str, files))
        errors = {"base": told["translation_key"]}
        return self._form(source, forms.get(source), self._data, errors, str(self._failure))

    async def async_step_finish(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Create the entry, or update the existing one."""
        if self.source == SOURCE_RECONFIGURE:
            entry = self._get_reconfigure_entry()
            return self.async_update_reload_and_abort(entry, unique_id=self.unique_id, data=self._data)
        source = Source(self._data[CONF_SOURCE])
        title = "Batti" if source is Source.BUNDLED else f"Batti ({_name(self._data)})"
        return self.async_create_entry(title=title, data=self._data)

    async def _choose(self, unique_id: str, data: dict[str, Any]) -> ConfigFlowResult:
        """Continue with the chosen model, unless another entry already has it."""
        entry = await self.async_set_unique_id(unique_id)
        if entry is not None and not (
            self.source == SOURCE_RECONFIGURE and entry.entry_id == self._get_reconfigure_entry().entry_id
        ):
            return self.async_abort(reason="already_configured")
        self._data = data
        if data[CONF_SOURCE] is Source.HUGGING_FACE:
            return await self.async_step_download()
        return await self.async_step_prepare()

    async def _download(self) -> None:
        def tell(done: int, whole: int | None) -> None:
            if whole:
                self.async_update_progress(min(1.0, done / whole))

        path = await hugging_face.fetch(
            async_get_clientsession(self.hass),
            self._data[CONF_REPOSITORY],
            self._data[CONF_FILE],
            model_files.cache(self.hass) / "models",
            on_progress=tell,
        )
        self._data[CONF_MODEL] = str(path)

    async def _prepare(self) -> None:
        def tell(stage: Stage, share: float | None) -> None:
            if share is not None:
                self.async_update_progress(share)

        await self.hass.async_add_executor_job(read_words)
        await try_out(await engine_of(self.hass, self._data, {}, tell))

    async def _work(self, step: str, work: Any, following: Any) -> ConfigFlowResult:
        """Do some work, with a progress dialog if it takes long; then go to the following step."""
        shown = self._task is not None
        if self._task is None:
            self._task = self.hass.async_create_task(self._caught(work()), f"batti: {step}")
            await asyncio.wait([self._task], timeout=UNSEEN)
        if not self._task.done():
            return self.async_show_progress(step_id=step, progress_action=step, progress_task=self._task)
        self._failure, self._task = self._task.result(), None
        after = self.async_step_failed if self._failure else following
        if shown:
            return self.async_show_progress_done(next_step_id=after.__name__.removeprefix("async_step_"))
        result: ConfigFlowResult = await after()
        return result

    @staticmethod
    async def _caught(work: Coroutine[Any, Any, None]) -> BattiError | None:
        try:
            await work
        except BattiError as error:
            _LOGGER.warning("The chosen model does not work here: %s", error)
            return error
        return None

    def _form(
        self,
        source: Source,
        form: Any = None,
        values: dict[str, Any] | None = None,
        errors: dict[str, str] | None = None,
        reason: str = "",
    ) -> ConfigFlowResult:
        """Show the form of a source."""
        if form is not None and values:
            form = self.add_suggested_values_to_schema(form, values)
        return self.async_show_form(
            step_id=source,
            data_schema=form,
            errors=errors,
            description_placeholders={"reason": reason} if errors else None,
        )


class BattiOptionsFlow(OptionsFlowWithReload):
    """Asks for the options; changing them reloads the entry."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show the current options, and save the new ones."""
        if user_input is not None:
            return self.async_create_entry(data=user_input)
        form = options_form(Source(self.config_entry.data[CONF_SOURCE]))
        return self.async_show_form(
            step_id="init", data_schema=self.add_suggested_values_to_schema(form, self.config_entry.options)
        )


def _name(data: dict[str, Any]) -> str:
    """The model's name, for the entry's title."""
    return str(data.get(CONF_FILE) or data[CONF_MODEL]).rpartition("/")[2]
