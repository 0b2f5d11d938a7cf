"""Build the wheel of llama-cpp-python once, for developing Batti, into a folder whose name tells what it is made from.

    python -m custom_components.batti.preparation --where CACHE     print the wheel's folder
    python -m custom_components.batti.preparation CACHE             make sure that there is a wheel in it

Llama 3's real vocabulary, without weights, is among llama.cpp's sources. Our tests hold our lines against it, so it is
kept beside the wheel.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
from pathlib import Path

import aiohttp

from ..interpreter.errors import BattiError
from .build import build, build_name, find_compiler
from .computer import this_computer
from .install import put_in_place, remove
from .source import fetch
from .table import read_table

VOCABULARY = Path("vendor/llama.cpp/models/ggml-vocab-llama-bpe.gguf")


def main() -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description="The wheel of llama-cpp-python that Batti is developed with")
    parser.add_argument("--where", action="store_true", help="print its folder and build nothing")
    parser.add_argument("cache", type=Path)
    options = parser.parse_args()
    folder = options.cache.absolute() / "llama-cpp-python" / build_name(read_table(), this_computer())
    if options.where:
        print(folder)
    elif not (any(folder.glob("*.whl")) and (folder / VOCABULARY.name).exists()):
        try:
            asyncio.run(build_into(folder))
        except BattiError as error:
            print(f"llama-cpp-python cannot be built: {error}", file=sys.stderr)
            return 1
    return 0


async def build_into(folder: Path) -> None:
    """Build the wheel, and put it with the vocabulary into a folder."""
    work, table, computer = folder.with_name(f"{folder.name}.part"), read_table(), this_computer()
    find_compiler()
    work.mkdir(parents=True, exist_ok=True)
    async with aiohttp.ClientSession(trust_env=True) as session:
        archive = await fetch(session, table.source, table.source_sha256, work)
    wheel = await build(archive, work, computer, on_line=lambda line: print(line, flush=True))
    shutil.copy(work / "source" / VOCABULARY, wheel.parent)
    put_in_place(wheel.parent, folder)
    remove(work)


if __name__ == "__main__":
    sys.exit(main())
