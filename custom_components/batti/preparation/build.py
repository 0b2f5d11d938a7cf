"""Building llama-cpp-python from its source archive; scripts/setup does it with this too (`__main__.py`).

Left to itself it builds for the very processor that it finds, with instructions (AMX) that end the process with
"illegal instruction" outside the main thread (llama.cpp pull request 26954). So the instruction sets are named here:
AVX2, FMA and F16C by GGML_NATIVE=OFF, AVX512 where this processor has all of it, none of them where it lacks AVX2.
"""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Sequence
from hashlib import sha256
from itertools import takewhile
from pathlib import Path

from .base import DeadEnd
from .children import run
from .computer import Computer
from .install import remove, uv
from .source import extract
from .table import Table

_INCLUDE = Path(__file__).parent / "llama-cpp.cmake"
_FLAGS = {
    "portable": (),
    "avx512": ("-DGGML_AVX512=ON", "-DGGML_AVX512_VNNI=ON", "-DGGML_AVX512_VBMI=ON"),
    "sse42": ("-DGGML_AVX=OFF", "-DGGML_AVX2=OFF", "-DGGML_FMA=OFF", "-DGGML_F16C=OFF", "-DGGML_BMI2=OFF"),
}
_COMPILERS = ("c++", "g++", "clang++")
_JOB_MEMORY = 1 << 30  # bytes that one compiler may need
_STEP = re.compile(r"\s*\[(\d+)/(\d+)\]")  # ninja
_FAILED = re.compile(r"\s*(?:error:|×) Failed to build")  # uv's words after all that the compiler said
_SHOWN = 5  # lines of what a failed build said


def find_compiler() -> str:
    """The C++ compiler.

    Raises:
        DeadEnd: there is none.
    """
    for name in (*os.environ.get("CXX", "").split()[:1], *_COMPILERS):
        if found := shutil.which(name):
            return found
    raise DeadEnd("there is no C++ compiler (Debian, Ubuntu: apt install build-essential; Home Assistant OS has none)")


def flags(computer: Computer) -> list[str]:
    """What CMake is told about the instruction sets and the parts that are left out."""
    return ["-DGGML_NATIVE=OFF", "-DLLAVA_BUILD=OFF", *_FLAGS[computer.level]]


def build_name(table: Table, computer: Computer) -> str:
    """A name for what is built: it changes with all that it is built from."""
    made_from = "\n".join([table.source_sha256, *flags(computer), _INCLUDE.read_text("utf-8")])
    digest = sha256(made_from.encode()).hexdigest()[:10]
    return f"{table.version}-{computer.machine}-{computer.level}-{digest}"


async def build(
    archive: Path, work: Path, computer: Computer, python: str | None = None, *, on_line: Callable[[str], None]
) -> Path:
    """Build a wheel in a folder that only this build uses; one that was interrupted goes on where it was.

    Args:
        archive: the sources.
        work: the folder; the sources stay in its `source`.
        computer: the computer that it is for.
        python: the interpreter to build with; this one where None.
        on_line: told every line that the build writes.

    Raises:
        DeadEnd: it cannot be built.
    """
    source, wheels, temporary = work / "source", work / "wheel", work / "tmp"
    await asyncio.to_thread(_make_folders, wheels, temporary)
    if not await asyncio.to_thread(source.exists):
        await extract(archive, source)
    include = f"-DCMAKE_PROJECT_llama_cpp_INCLUDE={_INCLUDE}"
    environment = {
        **os.environ,
        "CMAKE_ARGS": shlex.join([*flags(computer), include]),
        "CMAKE_BUILD_PARALLEL_LEVEL": str(await asyncio.to_thread(jobs, os.cpu_count() or 1)),
        "TMPDIR": str(temporary),
    }
    nice = ["nice"] if shutil.which("nice") else []  # Home Assistant goes on beside it
    command = [
        *nice, *uv(), "build", "--wheel", "--no-create-gitignore", "--python", python or sys.executable,
        "--config-setting", "build.targets=llama", "--config-setting", f"build-dir={work / 'build'}",
        "--out-dir", str(wheels), str(source),
    ]  # fmt: skip
    finished = await run(command, environment=environment, on_line=on_line)
    if finished.status:
        log = work.parent / "build.log"
        await asyncio.to_thread(log.write_text, "\n".join(finished.lines), "utf-8")
        raise DeadEnd("\n  ".join([f"it failed; the end of {log}:", *_last_words(finished.lines)]))
    (wheel,) = await asyncio.to_thread(lambda: list(wheels.glob("*.whl")))
    return wheel


def share(line: str) -> float | None:
    """How much of the build is done, where a line of its output tells."""
    step = _STEP.match(line)
    return int(step[1]) / int(step[2]) if step else None


def _make_folders(wheels: Path, temporary: Path) -> None:
    for folder in (wheels, temporary):  # what an interrupted build left there is half
        remove(folder)
        folder.mkdir(parents=True)


def jobs(processors: int, meminfo: Path = Path("/proc/meminfo")) -> int:
    """How many compilers may run at once, so that they do not take the memory that Home Assistant needs."""
    try:
        found = re.search(r"^MemAvailable:\s*(\d+) kB", meminfo.read_text("ascii"), re.MULTILINE)
    except OSError:  # not Linux
        found = None
    return max(1, min(processors, int(found[1]) * 1024 // _JOB_MEMORY)) if found else processors


def _last_words(lines: Sequence[str]) -> list[str]:
    said = list(takewhile(lambda line: not _FAILED.match(line), lines))
    said = [line[:300] for line in said[1:] or lines if line.strip()]  # the first is uv's "Building wheel..."
    return said[-_SHOWN:]
