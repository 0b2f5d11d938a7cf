"""Tries the first minutes of a hub: Home Assistant without llama-cpp-python, without a compiler, without an engine.

    scripts/try-hub

Prints what a person sees, step by step with times: the menu, the form, the progress, the entry, the first answer. Then a
second hub cannot reach the package index: prints what the form and Repairs say, and checks that both continue after the
file that they name is in the folder that they name.

Runs in its own environment, which has what Home Assistant has and nothing more; PATH is empty.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

ROOT = Path(__file__).parents[2]
WITHOUT = ("llama_cpp", "xllamacpp", "diskcache")
NOWHERE = "http://127.0.0.1:9/simple"
SENTENCE = "bhansa ko batti 40% ma rakha"
HOUSE = ROOT / "demo" / "house.yaml"


def bare(place: Path) -> Path:
    """Make an environment like this one, but without an engine; return its Python."""
    command = [sys.executable, "-m", "uv", "venv", "--quiet", "--offline", "--python", sys.executable, str(place)]
    subprocess.run(command, check=True)
    (packages,) = place.glob("lib/python*/site-packages")
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if not entry.name.startswith((*WITHOUT, "__pycache__", "_virtualenv")):
            (packages / entry.name).symlink_to(entry)
    (place / "bin" / "uv").symlink_to(Path(sys.executable).parent / "uv")  # which comes with Home Assistant
    return place / "bin" / "python"


class Clock:
    """Prints what happened, and how long it took."""

    def __init__(self) -> None:
        """Start the clock."""
        self._last = perf_counter()

    def tell(self, what: str) -> None:
        """Print that a step is done."""
        now = perf_counter()
        print(f"{now - self._last:7.2f} s  {what}", flush=True)
        self._last = now


@asynccontextmanager
async def hub(clock: Clock) -> AsyncIterator[Any]:
    """A Home Assistant that has just been installed."""
    from demo import core

    core.share_engine = lambda config_dir: None  # it has no engine
    with tempfile.TemporaryDirectory(prefix="batti-hub-", ignore_cleanup_errors=True) as folder:
        hass = await core.start(Path(folder), HOUSE, core.free_port(), "conversation", "light", "repairs")
        await hass.async_start()
        clock.tell("Home Assistant is up")
        try:
            yield hass
        finally:
            await core.stop(hass)


async def submit(hass: Any, flow: Any, clock: Clock) -> Any:
    """Submit the form of the bundled model, and wait for the step after the progress."""
    from homeassistant.data_entry_flow import FlowResultType

    result = await hass.config_entries.flow.async_configure(flow["flow_id"], {})
    if result["type"] is FlowResultType.SHOW_PROGRESS:
        clock.tell(f"progress is shown: {result['progress_action']}")
    while result["type"] in (FlowResultType.SHOW_PROGRESS, FlowResultType.SHOW_PROGRESS_DONE):
        await asyncio.sleep(0.02)
        result = await hass.config_entries.flow.async_configure(flow["flow_id"])
    return result


async def form(hass: Any, clock: Clock) -> Any:
    """Open the flow and choose the bundled model."""
    flow = await hass.config_entries.flow.async_init("batti", context={"source": "user"})
    clock.tell(f"menu: {', '.join(flow['menu_options'])}")
    return await hass.config_entries.flow.async_configure(flow["flow_id"], {"next_step_id": "bundled"})


async def say(hass: Any, clock: Clock) -> None:
    """Say the first sentence."""
    from demo import core

    words = {"text": SENTENCE, "agent_id": core.AGENT}
    answer = await hass.services.async_call("conversation", "process", words, blocking=True, return_response=True)
    speech = answer["response"]["speech"]["plain"]["speech"]
    clock.tell(f"{SENTENCE} -> {speech} ({core.engine(hass)})")
    state = hass.states.get("light.kitchen_ceiling")
    assert state.state == "on", state
    assert round(state.attributes["brightness"] / 2.55) == 40


def kept_wheel(folder: Path) -> Path:
    """Copy the downloaded wheel, to bring it by hand later."""
    (wheel,) = folder.iterdir()
    return Path(shutil.copy(wheel, tempfile.mkdtemp(prefix="batti-wheel-")))


async def online(clock: Clock) -> Path:
    """A hub that reaches the index; returns a copy of the wheel that it downloaded."""
    from homeassistant.config_entries import ConfigEntryState

    async with hub(clock) as hass:
        flow = await form(hass, clock)
        clock.tell(f"form: {flow['step_id']}")
        result = await submit(hass, flow, clock)
        assert result["type"] == "create_entry", result
        await hass.async_block_till_done()
        assert result["result"].state is ConfigEntryState.LOADED
        clock.tell(f"entry: {result['title']}")
        await say(hass, clock)
        await say(hass, clock)
        return await asyncio.to_thread(kept_wheel, Path(hass.config.path(".cache/batti/engine/downloaded")))


async def offline(clock: Clock, wheel: Path) -> None:
    """A hub that does not reach the index, and a person who does what the form says."""
    from homeassistant.config_entries import ConfigEntryState
    from homeassistant.helpers import issue_registry as ir

    async with hub(clock) as hass:
        result = await submit(hass, await form(hass, clock), clock)
        assert result["errors"] == {"base": "engine_missing"}, result
        reason = result["description_placeholders"]["reason"]
        clock.tell(f"the form is shown again: engine_missing\n{indented(reason)}")
        bring(wheel, reason)
        clock.tell(f"{wheel.name} was put there by hand")
        result = await submit(hass, result, clock)
        assert result["type"] == "create_entry", result
        await hass.async_block_till_done()
        clock.tell(f"entry: {result['title']}")
        await say(hass, clock)

        entry = result["result"]
        assert await hass.config_entries.async_unload(entry.entry_id)
        engine = Path(hass.config.path(".cache/batti/engine"))
        await asyncio.to_thread(shutil.rmtree, engine)
        await hass.config_entries.async_setup(entry.entry_id)
        assert entry.state is ConfigEntryState.SETUP_ERROR
        (issue,) = ir.async_get(hass).issues.values()
        clock.tell(f"its engine deleted, started again: {entry.state.value}, under Repairs: {issue.translation_key}")
        bring(wheel, (issue.translation_placeholders or {})["reason"])
        await mend(hass, issue)
        assert hass.config_entries.async_loaded_entries("batti") == [entry]
        assert not ir.async_get(hass).issues
        clock.tell("the file put there, the repair submitted: loaded, nothing under Repairs")
        await say(hass, clock)


async def mend(hass: Any, issue: Any) -> None:
    """Submit the repair flow of an issue, as the interface does."""
    manager = hass.data["repairs"]["flow_manager"]
    flow = await manager.async_init(issue.domain, data={"issue_id": issue.issue_id})
    result = await manager.async_configure(flow["flow_id"], {})
    while result["type"] in ("progress", "progress_done"):
        await asyncio.sleep(0.02)
        result = await manager.async_configure(flow["flow_id"])
    assert result["type"] == "create_entry", result
    await hass.async_block_till_done()


def bring(wheel: Path, told: str) -> None:
    """Do by hand what a message says: this file, this checksum, that folder."""
    from hashlib import sha256

    checksum = sha256(wheel.read_bytes()).hexdigest()
    assert wheel.name in told, told
    assert checksum in told, told
    (folder,) = set(re.findall(r"(/\S*/wheels)\b", told))
    shutil.copy(wheel, folder)


def indented(text: str) -> str:
    """The lines of a message, indented."""
    return "\n".join(f"           | {line}" for line in text.splitlines())


def inside() -> None:
    """Run everything, inside the environment with only Home Assistant."""
    from homeassistant import runner

    logging.basicConfig(level=logging.CRITICAL)
    clock = Clock()
    print("A hub that reaches the package index:")
    wheel = asyncio.run(online(clock), loop_factory=runner.create_event_loop)
    os.environ["UV_DEFAULT_INDEX"] = NOWHERE
    print("A hub that does not:")
    asyncio.run(offline(Clock(), wheel), loop_factory=runner.create_event_loop)
    shutil.rmtree(wheel.parent)


def main() -> int:
    """Make the environment, and run this script in it."""
    with tempfile.TemporaryDirectory(prefix="batti-bare-") as folder:
        python = bare(Path(folder) / "venv")
        # Bytecode is kept, as on a hub. PATH has no compiler, no uv, nothing.
        environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "", "PATH": f"{folder}/nothing"}
        code = "from scripts.platforms.try_hub import inside; inside()"
        return subprocess.run([python, "-P", "-c", code], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
