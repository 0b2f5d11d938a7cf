"""The wheel of llama-cpp-python for developers, which scripts/setup.d builds from an archive of the index."""

from __future__ import annotations

import asyncio
import os
import re
import runpy
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from custom_components.batti.preparation.computer import Computer, this_computer

from . import sources
from .index import Index
from .preparing import ROOT
from .wheels import CACHE, digest

PARTS = ROOT / "scripts" / "setup.d"
SCRIPT = PARTS / "build_llama_cpp.py"
BUILD: dict[str, Any] = runpy.run_path(str(SCRIPT))  # not imported, for setup.d is no package
PI = Computer("glibc", "2.41", "aarch64", frozenset({"asimd", "fp"}))
NEW = Computer("glibc", "2.41", "x86_64", BUILD["AVX2"] | {"sse4_2"})
OLD = replace(NEW, features=frozenset({"sse4_2", "avx"}))
SERVER = replace(NEW, features=BUILD["AVX512"] | {"amx_tile"})


async def call(script: Path, *arguments: str) -> tuple[int, str, str]:
    """Run the script in this environment."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, script, *arguments,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    said, errors = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode(), errors.decode()


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """A copy of the script and what lies beside it."""
    place = tmp_path / "setup.d"
    place.mkdir()
    for name in (SCRIPT.name, "llama-cpp-python.txt", "llama-cpp.cmake"):
        (place / name).write_text((PARTS / name).read_text())
    return place / SCRIPT.name


def offer(script: Path, index: Index, archive: bytes) -> None:
    """Have a source archive in the index, and the script want it."""
    index.files[sources.NAME] = archive
    pin = script.parent / "llama-cpp-python.txt"
    pin.write_text(re.sub(r"sha256:\w+", f"sha256:{digest(archive)}", pin.read_text()))


@pytest.mark.llama_cpp
async def test_what_setup_built_is_where_it_is_looked_for() -> None:
    """Else every change of a test would build for minutes."""
    status, said, _ = await call(SCRIPT, "--where", str(CACHE))
    assert status == 0
    assert list(Path(said.strip()).glob("*.whl"))
    assert await call(SCRIPT, str(CACHE)) == (0, "", "")  # nothing is done where it is there


async def test_it_is_built_with_its_vocabulary(script: Path, index: Index, built: Path, tmp_path: Path) -> None:
    """Beside it, and nothing else is left."""
    offer(script, index, sources.works(built))
    assert (await call(script, str(tmp_path / "cache")))[0] == 0
    (folder,) = (tmp_path / "cache" / "llama-cpp-python").iterdir()
    assert sorted(path.name for path in folder.iterdir()) == ["ggml-vocab-llama-bpe.gguf", built.name]
    assert (folder / built.name).stat().st_size == built.stat().st_size
    assert await call(script, "--where", str(tmp_path / "cache")) == (0, f"{folder}\n", "")


async def test_a_build_that_was_interrupted(script: Path, index: Index, built: Path, tmp_path: Path) -> None:
    """It goes on where it was; what it said is shown."""
    offer(script, index, sources.stops_once(built))
    status, said, errors = await call(script, str(tmp_path / "cache"))
    assert status == 1
    assert "llama-cpp-python cannot be built: the build ended with" in errors
    assert "flags: -DGGML_NATIVE=OFF -DLLAVA_BUILD=OFF " in said + errors
    assert "[1/40] c++ a.cpp" in said + errors
    status, said, errors = await call(script, str(tmp_path / "cache"))
    assert (status, "[1/39] c++ b.cpp" in said + errors) == (0, True)
    assert len(index.asked) == 1


async def test_not_the_archive_that_is_wanted(script: Path, index: Index, built: Path, tmp_path: Path) -> None:
    index.files[sources.NAME] = sources.works(built)
    status, _, errors = await call(script, str(tmp_path / "cache"))
    assert status == 1
    assert "llama-cpp-python cannot be built: " in errors
    assert "checksum" in errors


def test_instruction_sets() -> None:
    """Never those of the very processor; AVX512 only where all of it is there, none where AVX2 is not."""
    level, flags = BUILD["level"], BUILD["flags"]
    assert [level(computer) for computer in (PI, NEW, OLD, SERVER)] == ["portable", "portable", "sse42", "avx512"]
    for computer in (PI, NEW, OLD, SERVER):
        assert flags(computer)[:2] == ["-DGGML_NATIVE=OFF", "-DLLAVA_BUILD=OFF"]
    assert flags(PI) == flags(NEW)
    assert "-DGGML_AVX=OFF" in flags(OLD)
    assert "-DGGML_AVX512=ON" in flags(SERVER)
    assert level(replace(SERVER, features=BUILD["AVX512"] - {"avx512_vnni"})) == "portable"


def test_the_name_tells_what_was_built(script: Path) -> None:
    names = {BUILD["build_name"](computer) for computer in (PI, NEW, OLD, SERVER)}
    assert len(names) == 4
    cmake = script.parent / "llama-cpp.cmake"
    cmake.write_text(f"{cmake.read_text()}# changed\n")
    assert runpy.run_path(str(script))["build_name"](this_computer()) != BUILD["build_name"](this_computer())


def test_compilers_at_once(tmp_path: Path) -> None:
    """As many as there are processors, and as the memory bears; one always."""
    jobs, meminfo = BUILD["jobs"], tmp_path / "meminfo"
    assert jobs(4, meminfo) == 4
    meminfo.write_text("MemTotal:        3884444 kB\nMemAvailable:    2884444 kB\n")
    assert [jobs(processors, meminfo) for processors in (1, 2, 4)] == [1, 2, 2]
    meminfo.write_text("MemTotal:        884444 kB\nMemAvailable:    84444 kB\n")
    assert jobs(4, meminfo) == 1
