"""Child processes that end with whoever waits for them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .base import DeadEnd


@dataclass(frozen=True, slots=True)
class Finished:
    """A process that came to its end: its exit status, and what it wrote to stdout and stderr."""

    status: int
    lines: tuple[str, ...]


async def run(command: Sequence[str], *, environment: Mapping[str, str] | None = None) -> Finished:
    """Run a command to its end; where this is cancelled, it is killed.

    Args:
        command: what to run.
        environment: all of its environment; this process's where None.

    Raises:
        DeadEnd: it cannot be started.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            env=os.environ if environment is None else environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
    except OSError as error:
        raise DeadEnd(f"{command[0]} cannot be run: {error.strerror}") from error
    try:
        written, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
        status = await process.wait()
    return Finished(status, tuple(line.rstrip() for line in written.decode(errors="replace").splitlines()))
