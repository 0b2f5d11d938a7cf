"""Fixtures: a real Home Assistant core with a house in it, and Batti with its real model."""

from __future__ import annotations

import asyncio
import importlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import aiohttp
import pytest
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

import custom_components.batti  # noqa: F401  # before the test plugin's own package of that name is found
from custom_components.batti.const import BUNDLED_MODEL, MODELS
from custom_components.batti.interpreter.engine.interface import Binding
from custom_components.batti.preparation import prepare
from training.evaluate.judging import READY

from . import house, needs

if TYPE_CHECKING:
    from custom_components.batti.interpreter.engine.llama import LlamaContext

ROOT = Path(__file__).parents[1]
MEGABYTE = 1_000_000


@pytest.hookimpl(tryfirst=True)  # before -m chooses by markers
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    needs.mark(items)
    if "PYTEST_XDIST_WORKER" in os.environ:
        needs.longest_first(items)


@pytest.fixture
def hass_config_dir(tmp_path: Path) -> str:
    """Give every core a configuration folder of its own."""
    return str(tmp_path)


@pytest.fixture(scope="session")
def prepared_engine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the engine was prepared, for real and once; what scripts/setup downloaded is not fetched again."""
    folder = tmp_path_factory.mktemp("engine")
    if needs.USUAL is Binding.XLLAMACPP:
        shutil.copytree(READY.parent / "downloaded", folder / "downloaded")

    async def run() -> None:
        async with aiohttp.ClientSession() as session:
            await prepare(folder, MODELS / BUNDLED_MODEL, session, ways=[needs.ORIGIN])

    asyncio.run(run())
    return folder


@pytest.fixture(scope="session")
def stock_model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file of Llama 3.2 1B's shape with random weights, of a seed that writes long answers.

    Written by the command that people use; removed at the end, because pytest keeps folders of several runs.
    """
    path = tmp_path_factory.mktemp("stock") / "stock.gguf"
    command = [sys.executable, "-m", "training.speed.shape", "--out", path, "--seed", "1"]
    subprocess.run(command, cwd=ROOT, check=True)
    yield path
    path.unlink()


@pytest.fixture(scope="session")
def llama_cpp() -> ModuleType:
    """llama-cpp-python in this process; it is built, so not every test run has it."""
    return importlib.import_module("llama_cpp")


@pytest.fixture(scope="session")
def open_context(llama_cpp: ModuleType) -> type[LlamaContext]:
    """Opens a model with llama-cpp-python in this process."""
    from custom_components.batti.interpreter.engine.llama import LlamaContext

    return LlamaContext


@pytest.fixture(autouse=True)
def _with_our_integrations(request: pytest.FixtureRequest) -> None:
    """Let a core find Batti, with its engine prepared by an earlier start; tests without a core stay without."""
    if "hass" in request.fixturenames:
        request.getfixturevalue("enable_custom_integrations")
        folder = Path(request.getfixturevalue("hass_config_dir")) / ".cache" / "batti" / "engine"
        shutil.copytree(request.getfixturevalue("prepared_engine"), folder, copy_function=_copy)


def _copy(source: str, target: str) -> None:
    """Copy what is small; a library is never written to, so another link to it does."""
    (os.link if Path(source).stat().st_size > MEGABYTE else shutil.copy2)(source, target)


@pytest.fixture
async def flat(hass: HomeAssistant) -> HomeAssistant:
    """A core with the flat in Kathmandu."""
    await house.move_in(hass, house.HOMES / "kathmandu_flat.yaml")
    return hass


@pytest.fixture
async def batti(flat: HomeAssistant) -> MockConfigEntry:
    """Batti in the flat, loaded with the bundled model."""
    return await house.add_batti(flat)
