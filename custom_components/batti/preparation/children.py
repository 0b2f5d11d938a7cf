"""Child processes that end with whoever waits for them, together with their own children."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .base import DeadEnd

_KEPT = 5000  # lines
_LONGEST = 1 << 16  # bytes of a line
_LAST_WORDS = 5.0  # seconds between the end of a process and that of its output
# Our end of its standard input closes when this process ends, however that happens; then everything of it ends.
_KEEPER = """
exec 3<&0 </dev/null
"$@" 3<&- &
child=$!
{ read -r _ <&3; kill -TERM 0; } >/dev/null 2>&1 &
wait $child
"""


@dataclass(frozen=True, slots=True)
class Finished:
    """A process that came to its end: its exit status, and what it wrote to stdout and stderr."""

    status: int
    lines: tuple[str, ...]


async def run(
    command: Sequence[str], *, environment: Mapping[str, str], on_line: Callable[[str], None] | None = None
) -> Finished:
    """Run a command to its end; where this is cancelled, it and all its children are killed.

    Args:
        command: what to run.
        environment: all of its environment.
        on_line: told every line that it writes.

    Raises:
        DeadEnd: no process can be started at all.
    """
    pipe = asyncio.subprocess.PIPE
    try:
        # A session of its own: ninja puts every compiler into a process group of its own, but stays in the session.
        process = await asyncio.create_subprocess_exec(
            "/bin/sh", "-c", _KEEPER, "sh", *command, env=environment, start_new_session=True,
            stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
    except OSError as error:
        raise DeadEnd(f"no process can be started: {error.strerror}") from error
    assert process.stdout is not None
    lines: deque[str] = deque(maxlen=_KEPT)
    reading = asyncio.create_task(_read(process.stdout, lines, on_line))

    def give_up(reading: asyncio.Task[None]) -> None:
        if not reading.cancelled() and reading.exception():  # `on_line` failed, and nobody reads on
            end_session(process.pid)

    reading.add_done_callback(give_up)
    try:
        await process.wait()
        end_session(process.pid)
        # What left the session may still hold the pipe: that is not waited for.
        for done in (await asyncio.wait([reading], timeout=_LAST_WORDS))[0]:
            done.result()
    finally:
        if process.returncode is None:
            end_session(process.pid)
        reading.cancel()
        status = await process.wait()
    return Finished(status, tuple(lines))


async def _read(stream: asyncio.StreamReader, lines: deque[str], on_line: Callable[[str], None] | None) -> None:
    rest = b""
    while data := await stream.read(_LONGEST):
        *whole, rest = (rest + data).split(b"\n")
        rest = rest[-_LONGEST:]
        for line in whole:
            lines.append(line.decode(errors="replace").rstrip())
            if on_line is not None:
                on_line(lines[-1])
    if rest:
        lines.append(rest.decode(errors="replace"))


def end_session(leader: int) -> None:
    """Kill every process of a session."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGTERM)  # all there is to do where there is no /proc; ninja passes it on
    for _ in range(3):  # again for those that were born meanwhile
        for pid in (int(entry.name) for entry in Path("/proc").glob("[0-9]*")):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                if os.getsid(pid) == leader:
                    os.kill(pid, signal.SIGKILL)
