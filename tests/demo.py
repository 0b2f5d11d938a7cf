"""The demo as a process of its own, as `scripts/demo` runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from demo.core import free_port

ROOT = Path(__file__).parents[1]
# Bytecode is kept, see scripts/demo.
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": ""}


def command(*arguments: str) -> list[str]:
    """Return the command line of a demo."""
    return [sys.executable, "-P", "-m", "demo", *arguments]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a demo to its end."""
    return subprocess.run(
        command(*arguments), env=ENVIRONMENT, capture_output=True, text=True, timeout=120, check=False
    )


def say(*arguments: str) -> list[dict[str, Any]]:
    """Say sentences in the demo home; the object that each printed. Other lines on stdout are an error."""
    done = run("--json", *arguments)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@contextmanager
def web() -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Serve the web interface; its address and its process, which is interrupted in the end where it still runs."""
    # A session of its own, so that `interrupt` reaches it alone.
    with subprocess.Popen(
        command("--port", str(free_port())),
        env=ENVIRONMENT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            assert address, process.communicate()[1]
            yield address, process
        finally:
            if process.poll() is None:
                interrupt(process)


def interrupt(process: subprocess.Popen[str]) -> str:
    """Press Ctrl-C, which a terminal sends to a process and to all that it has started; what it still had to say."""
    os.killpg(process.pid, signal.SIGINT)
    return "".join(process.communicate(timeout=30))


def below(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """Return the processes that a process has started."""
    return psutil.Process(process.pid).children(recursive=True)
