"""Writes the table of the ready engine's wheels, from the package index.

    scripts/engine-wheels [VERSION]     VERSION of xllamacpp; without it, the version in the table

It uses the same index as uv. It prints the changes; then commit the table.
"""

from __future__ import annotations

import argparse
import asyncio
import difflib
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import aiohttp
from packaging.tags import cpython_tags
from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from custom_components.batti.interpreter.engine.interface import Binding
from custom_components.batti.interpreter.errors import BattiError
from custom_components.batti.preparation.computer import AVX2
from custom_components.batti.preparation.index import File, files_of
from custom_components.batti.preparation.table import TABLE, read_table

FEATURES = {"x86_64": ", ".join(sorted(AVX2)), "aarch64": ""}
TAGS = {"glibc": "manylinux", "musl": "musllinux"}
# The interpreter tags that this Python, Home Assistant's own, accepts.
INTERPRETERS = {"py3", *(tag.interpreter for tag in cpython_tags(platforms=["any"]))}
PLATFORM = re.compile(r"[a-z]+_(\d+)_(\d+)_")
HEAD = """\
# The ready engine: wheels of xllamacpp in the package index, one for every platform of Home Assistant.
# scripts/engine-wheels [VERSION] writes this file; nothing in it is written by hand.
#
#   libc, machine   the computers that a wheel is for
#   features        what the processor must be able to do, by the names in /proc/cpuinfo
#   size, sha256    of the file, in bytes and in hexadecimal
"""


class NotFit(BattiError):
    """This version cannot be the ready engine."""


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Write the table of the ready engine's wheels")
    parser.add_argument("version", nargs="?", default=read_table().version)
    version = parser.parse_args().version
    try:
        changes = write(TABLE, version, asyncio.run(_ask()))
    except BattiError as error:
        print(f"engine-wheels: {error}", file=sys.stderr)
        return 1
    print("\n".join(changes) or f"The index tells the same of {version} as {TABLE.name}.")
    return 0


def write(table: Path, version: str, files: Mapping[str, File]) -> list[str]:
    """Write the table of a version; returns the lines that changed.

    Raises:
        NotFit: the version does not have everything that the table needs.
    """
    old = table.read_text("utf-8") if table.exists() else ""
    new = text_of(version, files)
    table.write_text(new, "utf-8")
    return list(difflib.unified_diff(old.splitlines(), new.splitlines(), "before", "now", lineterm="", n=0))


def text_of(version: str, files: Mapping[str, File]) -> str:
    """The table.

    Raises:
        NotFit: see `write`.
    """
    rows = []
    for libc in TAGS:
        for machine, features in FEATURES.items():
            name = wheel_for(version, libc, machine, files)
            file = files[name]
            if file.sha256 is None or file.size is None:
                raise NotFit(f"the index does not tell {name}'s checksum and size: ask another one, such as pypi.org")
            rows.append(
                f"  - file: {name}\n    libc: {libc}\n    machine: {machine}\n    features: [{features}]\n"
                f"    size: {file.size}\n    sha256: {file.sha256}\n"
            )
    return f"{HEAD}version: '{version}'\nwheels:\n{''.join(rows)}"


def wheel_for(version: str, libc: str, machine: str, files: Mapping[str, File]) -> str:
    """The wheel of a version for a platform, for any later Python; if there are several, the one for the most computers.

    Raises:
        NotFit: there is none.
    """
    try:
        wanted = Version(version)
    except InvalidVersion as error:
        raise NotFit(f"{version} is not a version: write one such as 0.2.13") from error
    found: list[tuple[tuple[int, ...], str]] = []
    for name in files:
        try:
            _, its_version, _, tags = parse_wheel_filename(name)
        except InvalidWheelFilename:
            continue
        for tag in tags if its_version == wanted else ():
            platform = PLATFORM.match(tag.platform)
            here = tag.platform.startswith(TAGS[libc]) and tag.platform.endswith(f"_{machine}")
            if platform and here and tag.abi in ("abi3", "none") and tag.interpreter in INTERPRETERS:
                found.append((tuple(map(int, platform.groups())), name))
    if not found:
        raise NotFit(
            f"{Binding.XLLAMACPP} {version} has no wheel for {machine} with {libc} that goes with every Python: choose a "
            "version that has one for every platform of Home Assistant"
        )
    return min(found)[1]


async def _ask() -> Mapping[str, File]:
    async with aiohttp.ClientSession(trust_env=True) as session:
        return await files_of(session, Binding.XLLAMACPP)


if __name__ == "__main__":
    sys.exit(main())
