"""A throw-away environment without llama_cpp, the wheels that scripts/setup left, and a local package index."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from custom_components.batti.const import BUNDLED_MODEL, MODELS
from custom_components.batti.preparation.computer import this_computer
from custom_components.batti.preparation.table import Row, Table, read_table

from .index import Index
from .preparing import Preparing
from .wheels import CACHE, VERSION, digest, slim


@pytest.fixture(scope="session")
def built() -> Path:
    """The wheel of llama-cpp-python that scripts/setup built on this computer."""
    found = sorted(CACHE.glob("llama-cpp-python/*/llama_cpp_python-*.whl"))
    assert found, "scripts/setup builds it; run it"
    return found[-1]


@pytest.fixture(scope="session")
def wheel(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, small enough to be unpacked at every turn."""
    return slim(built, tmp_path_factory.mktemp("wheel") / built.name)


@pytest.fixture(scope="session")
def ready() -> Path:
    """The ready engine for this computer, as it was downloaded: it has no parts that could be left out."""
    row = read_table().row_for(this_computer())
    assert row is not None
    path = CACHE / "engine" / "downloaded" / row.file
    assert path.exists(), "scripts/setup downloads it; run it"
    return path


@pytest.fixture(scope="session")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site-packages of an environment like this one, but without llama_cpp, and what only that asks for."""
    place = tmp_path_factory.mktemp("bare") / "venv"
    uv = [sys.executable, "-m", "uv", "venv", "--quiet", "--offline", "--python", sys.executable, str(place)]
    subprocess.run(uv, check=True)
    (packages,) = place.glob("lib/python*/site-packages")
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if not entry.name.startswith(("llama_cpp", "xllamacpp", "diskcache", "__pycache__", "_virtualenv")):
            (packages / entry.name).symlink_to(entry)
    return packages


@pytest.fixture
async def preparing(
    tmp_path: Path, bare: Path, monkeypatch: pytest.MonkeyPatch, socket_enabled: None
) -> AsyncIterator[Preparing]:
    """Preparation on a computer that has nothing: no llama_cpp, no programs, no network and no wheel in the table."""
    monkeypatch.setenv("PATH", str(tmp_path / "no programs"))
    monkeypatch.delenv("BATTI_WHEELS_URL", raising=False)
    monkeypatch.setattr("custom_components.batti.download.requests.PAUSES", ())
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    async with aiohttp.ClientSession() as session:
        python = str(bare.parents[2] / "bin" / "python")
        yield Preparing(tmp_path / "engine", MODELS / BUNDLED_MODEL, session, Table(VERSION, ()), python)


@pytest.fixture
async def index(monkeypatch: pytest.MonkeyPatch, preparing: Preparing) -> AsyncIterator[Index]:
    """A package index on this machine: the only network that there is."""
    server = Index()
    await server.start()
    monkeypatch.setenv("UV_DEFAULT_INDEX", f"{server.url}/simple")
    yield server
    await server.stop()


@pytest.fixture
def row(index: Index, ready: Path, preparing: Preparing) -> Row:
    """The table has the ready engine for this computer, and the index has it too."""
    data, computer = ready.read_bytes(), this_computer()
    index.files[ready.name] = data
    row = Row(ready.name, computer.libc, computer.machine, frozenset(), len(data), digest(data))
    preparing.table = replace(preparing.table, rows=(row,))
    return row
