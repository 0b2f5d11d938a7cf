"""Child processes that are killed when the call that waits for them is cancelled."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .result import DeadEnd


@dataclass(frozen=True, slots=True)
class Finished:
    """A finished process: its exit status, and what it wrote to stdout and stderr."""

    status: int
    lines: tuple[str, ...]


async def run(command: Sequence[str], *, environment: Mapping[str, str] | None = None) -> Finished:
    """Run a command and wait for its end; if this call is cancelled, kill it.

    Args:
        command: what to run.
        environment: its whole environment; if None, that of this process.

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
