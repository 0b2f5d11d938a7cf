"""Make sure that the ready engine is in a folder (download it if needed), and print its name and version.

    python -m custom_components.batti.preparation FOLDER

The downloaded wheel stays in FOLDER/downloaded.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

import aiohttp

from ..const import BUNDLED_MODEL, MODELS
from ..interpreter.errors import BattiError
from . import Origin, Prepared, prepare


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Batti's ready engine")
    parser.add_argument("folder", type=Path, help="where it is, or is put")
    folder = parser.parse_args().folder.absolute()
    try:
        prepared = asyncio.run(_prepare(folder))
    except BattiError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{prepared.binding} {prepared.version} in {prepared.packages}")
    return 0


async def _prepare(folder: Path) -> Prepared:
    async with aiohttp.ClientSession(trust_env=True) as session:
        return await prepare(folder, MODELS / BUNDLED_MODEL, session, ways=[Origin.DOWNLOADED])


if __name__ == "__main__":
    sys.exit(main())
