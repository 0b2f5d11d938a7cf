"""Models that are not bundled, from the flow to lights: one from a hub, and one of Llama 3.2 1B's size."""

from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

from custom_components.batti import config_flow
from custom_components.batti.const import BUNDLED_MODEL, DOMAIN, MODELS
from custom_components.batti.download import DownloadError, Progress

from . import house, hub
from .test_config_flow import choose, submit

MEGABYTE = 1_000_000
CHOSEN = {"repository": hub.REPO, "file": hub.FILE}
MODEL = f"{hub.REPO}/{hub.FILE}"


@pytest.mark.usefixtures("socket_enabled")
async def test_a_model_from_a_hub(flat: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is none, a file that is none, a connection that breaks off, a checksum that is wrong; then it works."""
    shares: list[float] = []
    monkeypatch.setattr(config_flow.BattiConfigFlow, "async_update_progress", lambda self, share: shares.append(share))
    data = (MODELS / BUNDLED_MODEL).read_bytes()
    folder = Path(flat.config.path(".cache", DOMAIN, "models", "ramesh--batti-gguf"))
    async with hub.running({MODEL: data}) as there:
        there.elsewhere = there.url  # the test plugin's resolver knows no names
        monkeypatch.setenv("HF_ENDPOINT", there.url)
        result = await submit(flat, await choose(flat, "hugging_face"), repository="batti", file=hub.FILE)
        assert (result["step_id"], result["errors"]) == ("hugging_face", {"base": "download_bad_name"})
        result = await submit(flat, result, repository=hub.REPO, file="other.gguf")
        assert result["errors"] == {"base": "download_not_found"}
        there.promised = "0" * 64
        result = await submit(flat, result, **CHOSEN)
        assert result["errors"] == {"base": "checksum_wrong"}
        assert not (folder / hub.FILE).exists()
        there.promised = None
        there.statuses, there.endless = [503], True
        result = await submit(flat, result, **CHOSEN)
        assert result["errors"] == {"base": "download_unreachable"}
        there.statuses, there.endless, there.cuts = [], False, [1_000_000]
        result = await submit(flat, result, **CHOSEN)
        assert (result["type"], result["title"]) == (FlowResultType.CREATE_ENTRY, f"Batti ({hub.FILE})")
        assert sum(there.sent[-2:]) == len(data), "what came before the cut was not sent again"
    await flat.async_block_till_done()
    entry = result["result"]
    assert entry.data == {"source": "hugging_face", **CHOSEN, "model": str(folder / hub.FILE)}
    assert entry.state is ConfigEntryState.LOADED
    assert shares[-1] == 1.0
    await house.say(flat, "kitchen ko batti bala", agent="conversation.batti_batti_gguf")
    assert house.on(flat) == {"light.kitchen_main", "light.0x00158d0001a2"}
    await flat.config_entries.async_remove(entry.entry_id)
    assert not folder.exists()


async def test_a_model_of_llama_3_2_1b_s_size(flat: HomeAssistant, stock_model: Path) -> None:
    """Chosen, loaded, answering with valid plans, unloaded, and its memory back."""
    before = psutil.Process().memory_info().rss
    file = Path(flat.config.path("stock.gguf"))
    os.link(stock_model, file)
    result = await submit(flat, await choose(flat, "file"), model=str(file))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await flat.async_block_till_done()
    entry = result["result"]
    assert entry.state is ConfigEntryState.LOADED
    info = entry.runtime_data.engine.info
    assert (info.style, info.prompt_version) == ("instruct", None)
    assert info.parameters > 1.2e9
    (worker,) = house.workers()
    assert worker.memory_info().rss > 800 * MEGABYTE
    result = await flat.config_entries.options.async_init(entry.entry_id)
    await flat.config_entries.options.async_configure(result["flow_id"], {"deadline": 300})
    await flat.async_block_till_done()
    answer = await flat.services.async_call(
        DOMAIN, "interpret", {"text": "kitchen ko batti bala"}, blocking=True, return_response=True
    )
    assert answer is not None
    assert isinstance(answer["plan"], list)
    await flat.config_entries.async_unload(entry.entry_id)
    assert house.workers() == []
    assert psutil.Process().memory_info().rss < before + 100 * MEGABYTE


async def test_a_download_of_unknown_length(flat: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no share of it to show."""
    shares: list[float] = []
    monkeypatch.setattr(config_flow.BattiConfigFlow, "async_update_progress", lambda self, share: shares.append(share))

    async def fetch(*args: object, on_progress: Progress) -> None:
        on_progress(1000, None)
        raise DownloadError("the connection was cut")

    monkeypatch.setattr(config_flow.hugging_face, "fetch", fetch)
    result = await submit(flat, await choose(flat, "hugging_face"), **CHOSEN)
    assert result["errors"] == {"base": "download_failed"}
    assert shares == []
