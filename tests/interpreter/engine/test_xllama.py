"""What the ready engine keeps to itself: it is a server, but nobody else's."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import psutil
import pytest

from custom_components.batti.interpreter.engine.interface import Binding
from custom_components.batti.interpreter.engine.local import LocalEngine
from tests import measured
from training.evaluate.judging import READY

from .conftest import local
from .tiny_gguf import write_model

ROOT = Path(__file__).parents[3]
BUNDLED = ROOT / "custom_components" / "batti" / "models" / "batti-nano.gguf"


@pytest.fixture
async def engine(socket_enabled: None) -> AsyncIterator[LocalEngine]:
    made = local(Binding.XLLAMACPP, BUNDLED)
    await made.start()
    yield made
    await made.stop()


async def test_nobody_else_can_ask_it(engine: LocalEngine) -> None:
    """It listens on this computer only, and does nothing without the key, which is nowhere to be read."""
    worker = psutil.Process(engine.pid)
    (address,) = (one.laddr for one in worker.net_connections("inet") if one.status == psutil.CONN_LISTEN)
    assert address.ip == "127.0.0.1"
    url = f"http://127.0.0.1:{address.port}"
    async with aiohttp.ClientSession() as session:
        for path, body in (
            ("/completion", {"prompt": "a"}),
            ("/tokenize", {"content": "a"}),
            ("/slots/0?action=save", {"filename": "a"}),
        ):
            for headers in ({}, {"Authorization": "Bearer guess"}):
                async with session.post(url + path, json=body, headers=headers) as answer:
                    assert answer.status == 401
    told = " ".join([*worker.cmdline(), *worker.environ().values()])
    assert not re.search(r"[0-9a-f]{64}", told)


async def test_what_is_said_is_written_nowhere(engine: LocalEngine) -> None:
    """Neither to what this process keeps of its stderr, nor into a file that it has open."""
    said = "A ra gopyakotha ko bati bala"
    await engine.generate(said, ["A"], 20)
    assert engine._process is not None
    assert b"gopyakotha" not in engine._process._stderr
    files = [Path(file.path) for file in psutil.Process(engine.pid).open_files()]
    assert all(b"gopyakotha" not in file.read_bytes() for file in files if file.suffix != ".gguf")


async def test_tokens_that_are_part_of_a_character(tmp_path: Path) -> None:
    """A model that wants to write single bytes: the binding cannot tell them as text, and the engine goes on all the same."""
    for seed in (0, 1, 2, 4):  # whose answers are not too long
        engine = local(Binding.XLLAMACPP, write_model(tmp_path / "bytes.gguf", seed=seed))
        for sentence in ("बत्ती बाल", "A ko bati"):
            assert (await engine.generate(sentence, ["A"], 20)).text
        await engine.stop()


def test_lines_are_tokenised_as_each_alone(tmp_path: Path) -> None:
    """All in one request, but for the keys, which have no end of line."""
    lines = [
        "  target:\n",
        "  for:",
        " 10 minutes\n",
        "- after:",
        " 5 minutes\n",
        "    - A\n",
        "    - garaj 2\n",
        "  name:",
    ]
    code = f"""
from pathlib import Path
from custom_components.batti.interpreter.engine.xllama import XllamaContext
context, lines = XllamaContext(Path({str(write_model(tmp_path / "tiny.gguf"))!r}), 256), {lines!r}
found = context.tokenize_lines(lines)
assert found == [context.tokenize(line) for line in lines]
assert all(found)
assert context.tokenize_lines(["  name:"]) == [context.tokenize("  name:")]
context.close()
print("the same")
"""
    environment = os.environ | {"PYTHONPATH": str(READY)} | measured.environment()
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout == "the same\n", done.stderr


async def test_a_state_that_does_not_fit_the_disk(tmp_path: Path) -> None:
    """The server says that it wrote all of it. Nothing is kept then: half a state would end the process at every start."""
    engine = local(Binding.XLLAMACPP, BUNDLED, state_dir=tmp_path / "states")
    limited = tmp_path / "limited"
    limited.write_text(f"#!/bin/sh\nulimit -f 10\nexec {shlex.join(engine.command)}\n")  # blocks of 512 bytes
    limited.chmod(0o755)
    cramped = local(Binding.XLLAMACPP, BUNDLED, command=[str(limited)])
    assert (await cramped.generate("A ko bati bala", ["A"], 20)).text
    await cramped.stop()
    assert not (tmp_path / "states").exists()
    await engine.start()
    await engine.stop()
    assert (tmp_path / "states" / f"{BUNDLED.stem}.state").stat().st_size > 10 * 512


async def test_nothing_is_left_in_the_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A state goes through a file of the server's; afterwards there is only ours, also where the process is killed."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    for _ in range(2):  # saved, then restored
        engine = local(Binding.XLLAMACPP, BUNDLED, state_dir=tmp_path / "states")
        await engine.start()
        assert (await engine.generate("A ko bati bala", ["A"], 20)).text
        await engine.stop()
        assert list(temporary.iterdir()) == []
    assert [file.name for file in (tmp_path / "states").iterdir()] == [f"{BUNDLED.stem}.state"]
