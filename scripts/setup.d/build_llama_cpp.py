"""Builds the wheel of llama-cpp-python, for developing Batti. The name of its folder depends on what it is built from.

By default, llama.cpp is built for exactly this processor, also with AMX, which ends the process with "illegal
instruction" outside the main thread (llama.cpp pull request 26954). So the instruction sets are named here: AVX2, FMA
and F16C by GGML_NATIVE=OFF, AVX512 if this processor has all of it, none of them if it lacks AVX2.

llama.cpp's sources contain Llama 3's real vocabulary, without weights. Our tests check our lines with it, so it is kept
beside the wheel.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
from hashlib import sha256
from pathlib import Path

import aiohttp

from custom_components.batti.download import download
from custom_components.batti.interpreter.engine.interface import Binding
from custom_components.batti.interpreter.errors import BattiError
from custom_components.batti.preparation.computer import AVX2, Computer, this_computer
from custom_components.batti.preparation.index import find
from custom_components.batti.preparation.install import put_in_place, remove, uv

HERE = Path(__file__).parent
PIN = HERE / "llama-cpp-python.txt"
INCLUDE = HERE / "llama-cpp.cmake"
VOCABULARY = Path("vendor/llama.cpp/models/ggml-vocab-llama-bpe.gguf")
# llama.cpp's GGML_AVX512 means the first five.
AVX512 = AVX2 | frozenset("avx512f avx512cd avx512vl avx512dq avx512bw avx512_vnni avx512vbmi".split())
FLAGS = {
    "portable": (),
    "avx512": ("-DGGML_AVX512=ON", "-DGGML_AVX512_VNNI=ON", "-DGGML_AVX512_VBMI=ON"),
    "sse42": ("-DGGML_AVX=OFF", "-DGGML_AVX2=OFF", "-DGGML_FMA=OFF", "-DGGML_F16C=OFF", "-DGGML_BMI2=OFF"),
}
JOB_MEMORY = 1 << 30  # bytes that one compiler may need


class NotBuilt(BattiError):
    """The build failed; its output is above."""


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="The wheel of llama-cpp-python that Batti is developed with")
    parser.add_argument("--where", action="store_true", help="print its folder and build nothing")
    parser.add_argument("cache", type=Path)
    options = parser.parse_args()
    computer = this_computer()
    folder = options.cache.absolute() / Binding.LLAMA_CPP_PYTHON / build_name(computer)
    if options.where:
        print(folder)
    elif not (any(folder.glob("*.whl")) and (folder / VOCABULARY.name).exists()):
        try:
            build(folder, computer)
        except BattiError as error:
            print(f"llama-cpp-python cannot be built: {error}", file=sys.stderr)
            return 1
    return 0


def pin() -> tuple[str, str]:
    """The version that is built, and the checksum of its source archive."""
    text = PIN.read_text("utf-8")
    version, checksum = re.search(r"^[\w-]+==(\S+)", text, re.MULTILINE), re.search(r"--hash=sha256:(\w+)", text)
    assert version
    assert checksum
    return version[1], checksum[1]


def level(computer: Computer) -> str:
    """The instruction sets of the build."""
    if computer.features >= AVX512:
        return "avx512"
    lacking = computer.machine == "x86_64" and computer.features and not computer.features >= AVX2
    return "sse42" if lacking else "portable"


def flags(computer: Computer) -> list[str]:
    """CMake's options: the instruction sets, and the parts that are left out."""
    return ["-DGGML_NATIVE=OFF", "-DLLAVA_BUILD=OFF", *FLAGS[level(computer)]]


def build_name(computer: Computer) -> str:
    """A name for the build; it changes with everything that it is built from."""
    version, checksum = pin()
    made_from = "\n".join([checksum, *flags(computer), INCLUDE.read_text("utf-8")])
    return f"{version}-{computer.machine}-{level(computer)}-{sha256(made_from.encode()).hexdigest()[:10]}"


def build(folder: Path, computer: Computer) -> None:
    """Put the wheel and the vocabulary into a folder; an interrupted build is resumed.

    Raises:
        BattiError: it cannot be built.
    """
    version, checksum = pin()
    work = folder.with_name(f"{folder.name}.part")
    source, wheels = work / "source", work / "wheel"
    archive = work / f"llama_cpp_python-{version}.tar.gz"
    if not source.exists():
        asyncio.run(fetch(archive, checksum))
        extract(archive, source)
    remove(wheels)
    environment = {
        **os.environ,
        "CMAKE_ARGS": shlex.join([*flags(computer), f"-DCMAKE_PROJECT_llama_cpp_INCLUDE={INCLUDE}"]),
        "CMAKE_BUILD_PARALLEL_LEVEL": str(jobs(os.cpu_count() or 1)),
    }
    command = [
        *uv(), "build", "--wheel", "--no-create-gitignore", "--python", sys.executable,
        "--config-setting", "build.targets=llama", "--config-setting", f"build-dir={work / 'build'}",
        "--out-dir", str(wheels), str(source),
    ]  # fmt: skip
    if status := subprocess.run(command, env=environment, check=False).returncode:
        raise NotBuilt(f"the build ended with {status}; what it said stands above")
    shutil.copy(source / VOCABULARY, wheels)
    put_in_place(wheels, folder)
    remove(work)


async def fetch(archive: Path, checksum: str) -> None:
    """Download the source archive."""
    async with aiohttp.ClientSession(trust_env=True) as session:
        file = await find(session, Binding.LLAMA_CPP_PYTHON, archive.name)
        await download(session, file.url, archive, sha256=checksum, size=file.size)


def extract(archive: Path, target: Path) -> None:
    """Unpack the one folder in an archive; `target` exists only when it is complete."""
    part = target.with_name(f"{target.name}.part")
    remove(part)
    with tarfile.open(archive) as opened:
        opened.extractall(part, filter="data")
    (folder,) = part.iterdir()
    folder.rename(target)
    part.rmdir()


def jobs(processors: int, meminfo: Path = Path("/proc/meminfo")) -> int:
    """How many compilers may run at once, by the memory that is free."""
    try:
        found = re.search(r"^MemAvailable:\s*(\d+) kB", meminfo.read_text("ascii"), re.MULTILINE)
    except OSError:  # not Linux
        found = None
    return max(1, min(processors, int(found[1]) * 1024 // JOB_MEMORY)) if found else processors


if __name__ == "__main__":
    sys.exit(main())
