"""Beside Home Assistant, and wheels that the user puts into the folder."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from custom_components.batti.interpreter.engine.interface import Binding
from custom_components.batti.preparation import Origin, Prepared, Stage
from custom_components.batti.preparation.computer import this_computer
from custom_components.batti.preparation.probe import try_engine

from .preparing import Preparing
from .wheels import ILLEGAL, LIBRARY, START, VERSION, damaged_inside, tampered, tiny

LLAMA = Binding.LLAMA_CPP_PYTHON
MAC = "llama_cpp_python-0.3.36-py3-none-macosx_11_0_arm64.whl"


@pytest.mark.llama_cpp
async def test_beside_home_assistant(preparing: Preparing) -> None:
    """It is tried, and nothing is installed."""
    preparing.python = None
    assert await preparing() == Prepared(LLAMA, None, "0.3.36", Origin.INSTALLED)
    assert preparing.stages == {Stage.LOOKING, Stage.TRYING}
    assert not (preparing.folder / "packages").exists()


async def test_a_wheel_in_the_folder(preparing: Preparing, built: Path, bare: Path) -> None:
    """It works from then on without the wheel; the hub's own packages stay as they are."""
    before = sorted(bare.iterdir()), bare.stat().st_mtime_ns
    shutil.copy(built, preparing.wheels)
    prepared = await preparing()
    assert prepared == Prepared(LLAMA, preparing.folder / "packages", "0.3.36", Origin.WHEEL)
    assert preparing.stages == {Stage.LOOKING, Stage.INSTALLING, Stage.TRYING}
    assert (sorted(bare.iterdir()), bare.stat().st_mtime_ns) == before
    await try_engine(preparing.model, LLAMA, prepared.packages, preparing.python)
    assert sorted(path.name for path in preparing.folder.iterdir()) == ["engine.json", "lock", "packages", "wheels"]


async def test_a_ready_engine_in_the_folder(preparing: Preparing, ready: Path) -> None:
    """As the message says where there is no internet."""
    shutil.copy(ready, preparing.wheels)
    prepared = await preparing()
    assert prepared == Prepared(Binding.XLLAMACPP, preparing.folder / "packages", VERSION, Origin.WHEEL)
    assert Stage.DOWNLOADING not in preparing.stages
    await try_engine(preparing.model, prepared.binding, prepared.packages, preparing.python)


async def test_llama_cpp_python_goes_before_the_ready_engine(
    preparing: Preparing, wheel: Path, ready: Path, tmp_path: Path
) -> None:
    """Where both are there, unless it does not work."""
    shutil.copy(ready, preparing.wheels)
    shutil.copy(wheel, preparing.wheels)
    assert (await preparing()).binding is LLAMA
    tampered(wheel, preparing.wheels / wheel.name, {LIBRARY: b"no library"})
    assert (await preparing(again=True)).binding is Binding.XLLAMACPP


async def test_only_some_ways(preparing: Preparing, wheel: Path) -> None:
    """What comes from elsewhere does not count then, although it works, or was prepared before."""
    shutil.copy(wheel, preparing.wheels)
    preparing.python = None
    preparing.ways = [Origin.WHEEL]
    assert (await preparing()).origin is Origin.WHEEL
    preparing.ways = [Origin.INSTALLED]
    assert (await preparing()).origin is Origin.INSTALLED
    preparing.ways = [Origin.DOWNLOADED]
    said = (await preparing.reasons()).splitlines()
    assert [line.partition(":")[0] for line in said[1:-1]] == ["- to download"]


async def test_wrong_wheels_then_a_good_one(preparing: Preparing, wheel: Path) -> None:
    """Each wrong one is passed over."""
    (preparing.wheels / MAC).write_bytes(wheel.read_bytes())
    (preparing.wheels / "numpy-2.3.2-py3-none-any.whl").write_bytes(b"")
    tampered(wheel, preparing.wheels / "llama_cpp_python-0.3.37-py3-none-any.whl", {START: ILLEGAL})
    shutil.copy(wheel, preparing.wheels)
    assert (await preparing()).origin is Origin.WHEEL
    assert (await preparing()).version == "0.3.36"


async def test_what_is_wrong_with_a_wheel(preparing: Preparing, wheel: Path) -> None:
    """Each is named with its reason; each was tried in a child process, so that this one lives on."""
    bad = {
        MAC: b"",
        "numpy-2.3.2-py3-none-any.whl": b"",
        "llama.whl": b"",
        "llama_cpp_python-0.3.1-py3-none-any.whl": b"no zip",
        "llama_cpp_python-0.3.2-py3-none-any.whl": wheel.read_bytes()[:1_000_000],
    }
    for name, data in bad.items():
        (preparing.wheels / name).write_bytes(data)
    flipped = bytearray(wheel.read_bytes())
    flipped[1_000_000] ^= 255
    (preparing.wheels / "llama_cpp_python-0.3.3-py3-none-any.whl").write_bytes(flipped)
    tiny(preparing.wheels / "llama_cpp_python-0.3.4-py3-none-any.whl", {"llama/__init__.py": ""})
    tiny(preparing.wheels / "llama_cpp_python-0.3.5-py3-none-any.whl", {START: ""})
    (preparing.wheels / "llama_cpp_python-0.3.6-py3-none-any.whl").mkdir()
    tampered(wheel, preparing.wheels / "llama_cpp_python-0.3.36-1-py3-none-any.whl", {START: ILLEGAL})
    tampered(wheel, preparing.wheels / "llama_cpp_python-0.3.36-2-py3-none-any.whl", {LIBRARY: b"no library"})
    (preparing.wheels / "llama_cpp_python-0.3.7-py3-none-any.whl").write_bytes(damaged_inside())
    said = await preparing.reasons()
    for name, why in [
        (MAC, "it is for py3-none-macosx_11_0_arm64; this computer takes manylinux_2_"),
        ("numpy-2.3.2-py3-none-any.whl", "it holds numpy, not llama-cpp-python or xllamacpp"),
        ("llama.whl", "its name is not that of a wheel"),
        ("llama_cpp_python-0.3.1-py3-none-any.whl", "it is damaged, or not copied whole"),
        ("llama_cpp_python-0.3.2-py3-none-any.whl", "it is damaged, or not copied whole"),
        ("llama_cpp_python-0.3.3-py3-none-any.whl", "it is damaged ("),
        ("llama_cpp_python-0.3.4-py3-none-any.whl", "there is no llama_cpp in it"),
        ("llama_cpp_python-0.3.7-py3-none-any.whl", "it is damaged, or not copied whole (Error -3 while decompressing"),
        ("llama_cpp_python-0.3.5-py3-none-any.whl", "uv cannot install it: "),
        ("llama_cpp_python-0.3.6-py3-none-any.whl", "Is a directory"),
        ("llama_cpp_python-0.3.36-1-py3-none-any.whl", "SIGILL (the engine was built for another processor"),
        ("llama_cpp_python-0.3.36-2-py3-none-any.whl", "llama-cpp-python cannot be imported: Failed to load shared"),
    ]:
        (line,) = (line for line in said.splitlines() if line.startswith(f"- the wheel {name}: "))
        assert why in line
    assert not (preparing.folder / "packages").exists()


async def test_nothing_works(preparing: Preparing) -> None:
    """All that was tried, in a few plain lines, and what to do; the folder for the wheel is there."""
    said = (await preparing.reasons()).splitlines()
    assert said[0] == f"No engine that runs the model works on this computer, {this_computer()}:"
    assert said[1] == "- beside Home Assistant: llama-cpp-python is not installed there"
    assert said[2].startswith("- to download: no engine is published for ")
    assert said[3].startswith("What works here: run a llama.cpp server on another machine and choose")
    assert (
        "Or put a wheel of llama-cpp-python or xllamacpp that was built for this computer (one with manylinux_"
        in said[3]
    )
    assert str(preparing.folder / "wheels") in said[3]
    assert len(said) == 4
    assert (preparing.folder / "wheels").is_dir()


async def test_a_broken_one_beside_home_assistant(
    preparing: Preparing, wheel: Path, bare: Path, tmp_path: Path
) -> None:
    """The prepared one wins over it, in the worker too."""
    (tmp_path / "llama_cpp").mkdir()
    (tmp_path / "llama_cpp" / "__init__.py").write_text('__version__ = "0.2.0"\nraise ImportError("broken")\n')
    shutil.copytree(bare.parents[2], tmp_path / "venv", symlinks=True)
    (packages,) = (tmp_path / "venv").glob("lib/python*/site-packages")
    (packages / "llama_cpp").symlink_to(tmp_path / "llama_cpp")
    preparing.python = str(tmp_path / "venv" / "bin" / "python")
    assert "beside Home Assistant: llama-cpp-python cannot be imported: broken" in await preparing.reasons()
    shutil.copy(wheel, preparing.wheels)
    prepared = await preparing()
    assert prepared.origin is Origin.WHEEL
    await try_engine(preparing.model, LLAMA, prepared.packages, preparing.python)


async def test_a_python_that_cannot_look(preparing: Preparing, tmp_path: Path) -> None:
    """Nothing is taken for granted of the hub."""
    preparing.python = str(tmp_path / "python")
    said = await preparing.reasons()
    assert f"- beside Home Assistant: {preparing.python} cannot be run: No such file or directory" in said


async def test_uv_is_on_the_path_only(
    preparing: Preparing, wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then it is taken from there, and where it is not there either that is a reason."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    shutil.copy(wheel, preparing.wheels)
    assert "uv cannot be run: No such file or directory" in await preparing.reasons()
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    assert (await preparing()).origin is Origin.WHEEL
