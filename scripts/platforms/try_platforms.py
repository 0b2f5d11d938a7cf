"""Tries Batti's preparation and ready engine on other platforms: musl, as in Home Assistant OS, and aarch64.

    scripts/try-platforms            # both; the first time 6 minutes on 2 cores
    scripts/try-platforms musl

The scripts beside this one make the interpreters, which are kept in the cache. As on a hub, the wheel comes from the
package index and is checked with the table. Then the worker runs on that interpreter: start, sentences, kill, again, stop.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import aiohttp

from custom_components.batti.const import BUNDLED_MODEL, MODELS
from custom_components.batti.interpreter.engine.local import LocalEngine
from custom_components.batti.interpreter.errors import EngineCrashed
from custom_components.batti.preparation import Prepared, Stage, prepare
from custom_components.batti.preparation.computer import Computer, this_computer

ROOT = Path(__file__).parents[2]
CACHE = Path(os.environ.get("BATTI_CACHE") or ROOT / ".cache") / "platforms"
HERE = Path(__file__).parent
MODEL = MODELS / BUNDLED_MODEL
PYYAML = "PyYAML==6.0.3"  # the only package that the worker needs besides the engine
SENTENCES = (
    ("A ko bati bala", ["A"]),
    ("A ko bati 40 % ma rak ani B ko nibau", ["A", "B"]),
    ("garaj ko bati bala ani A ko nibau", ["A"]),
)
PATIENCE = 300.0  # seconds: under emulation everything is slow


@dataclass(frozen=True)
class Platform:
    """A platform, with an interpreter for it.

    Attributes:
        made_by: the script that makes the interpreter in a folder.
        python: its path in that folder.
        packages: the path of its packages in that folder.
        uv: the platform and the Python version, by uv's names.
        computer: the computer that Batti's preparation gets.
    """

    made_by: str
    python: str
    packages: str
    uv: tuple[str, str]
    computer: Computer


PLATFORMS = {
    "musl": Platform(
        "build-musl-python",
        "bin/python",
        "lib/python3.11/site-packages",
        ("x86_64-unknown-linux-musl", "3.11"),
        Computer("musl", "1.2", "x86_64", this_computer().features),
    ),
    "aarch64": Platform(
        "unpack-arm64-python",
        "python",
        "root/usr/lib/python3/dist-packages",
        ("aarch64-manylinux_2_28", "3.14"),
        Computer("glibc", "2.41", "aarch64", frozenset()),
    ),
}


def interpreter(name: str, platform: Platform) -> Path:
    """The platform's interpreter, made if it is not there yet."""
    folder = CACHE / name
    python = folder / platform.python
    if not (folder / "done").exists():
        print(f"Making a Python for {name} ({platform.made_by}; its output goes to {folder}.log)", flush=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        with folder.with_suffix(".log").open("w") as log:
            subprocess.run([HERE / platform.made_by, folder], check=True, stdout=log, stderr=log)
        system, version = platform.uv
        subprocess.run(
            [
                *(sys.executable, "-m", "uv", "pip", "install", "--quiet", "--no-deps"),
                *("--only-binary", ":all:", "--python-platform", system, "--python-version", version),
                *("--target", folder / platform.packages, PYYAML),
            ],
            check=True,
        )
        (folder / "done").touch()
    return python


async def prepared(platform: Platform, python: Path, folder: Path) -> Prepared:
    """Run Batti's preparation for this platform."""

    def tell(stage: Stage, share: float | None) -> None:
        if share in (None, 1.0):
            print(f"  {stage} {perf_counter() - begin:.1f} s", flush=True)

    begin = perf_counter()
    async with aiohttp.ClientSession(trust_env=True) as session:
        found = await prepare(folder, MODEL, session, on_progress=tell, computer=platform.computer, python=str(python))
    wheels = ", ".join(path.name for path in (folder / "downloaded").iterdir())
    print(f"  prepared: {found.binding} {found.version}, {found.origin}, from {wheels}", flush=True)
    return found


async def try_engine(engine: LocalEngine) -> None:
    """Start, ask, kill, ask again, stop; any error ends the script."""
    begin = perf_counter()
    await engine.start()
    print(f"  started in {perf_counter() - begin:.1f} s: {engine.info}", flush=True)
    first = ""
    for sentence, labels in SENTENCES:
        begin = perf_counter()
        found = await engine.generate(sentence, labels, PATIENCE)
        first = first or found.text
        print(f"  {sentence}  ({1000 * (perf_counter() - begin):.0f} ms, confidence {found.confidence:.3f})")
        print("    " + found.text.rstrip().replace("\n", "\n    "), flush=True)
    assert engine.pid is not None
    os.kill(engine.pid, signal.SIGSTOP)
    command = asyncio.create_task(engine.generate(*SENTENCES[0], PATIENCE))
    await asyncio.sleep(0.2)
    os.kill(engine.pid, signal.SIGKILL)
    try:
        await command
    except EngineCrashed as error:
        print(f"  killed in the middle of a command: {error}")
    else:
        raise AssertionError("it was killed, and answered")
    begin = perf_counter()
    again = await engine.generate(*SENTENCES[0], PATIENCE)
    assert again.text == first
    print(f"  the next command has a new process, and the same answer, after {perf_counter() - begin:.1f} s")
    await engine.stop()
    print(f"  stopped: {engine.state}, process {engine.pid}", flush=True)


async def try_platform(name: str) -> None:
    """Try one platform."""
    platform = PLATFORMS[name]
    python = await asyncio.to_thread(interpreter, name, platform)
    print(f"{name}: Batti is told of {platform.computer}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        found = await prepared(platform, python, Path(folder))
        engine = LocalEngine(
            MODEL, python=str(python), binding=found.binding, packages=found.packages, start_timeout=PATIENCE
        )
        await try_engine(engine)


def main() -> None:
    """Try the platforms that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("platform", nargs="*", choices=[*PLATFORMS, []], default=list(PLATFORMS))
    for name in parser.parse_args().platform:
        asyncio.run(try_platform(name))


if __name__ == "__main__":
    main()
