"""A real llama-server, started for tests, and a server that answers what a test wants."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp

ROOT = Path(__file__).parents[3]
CACHE = Path(os.environ.get("BATTI_CACHE") or ROOT / ".cache")
API_KEY = "chabi-123"


def program() -> str:
    """The path of llama-server: what scripts/setup unpacked, or one that is installed."""
    unpacked = CACHE / "llama-server" / "llama-server"
    found = str(unpacked) if unpacked.exists() else shutil.which("llama-server")
    assert found, "there is no llama-server: run scripts/setup, or install llama.cpp"
    return found


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


@contextlib.asynccontextmanager
async def running(model: Path, *, port: int | None = None, api_key: str | None = None) -> AsyncIterator[str]:
    """A llama-server with a model; its URL once it is ready."""
    port = port or free_port()
    options = ["-m", str(model), "--host", "127.0.0.1", "--port", str(port), "--threads", "1", "--parallel", "1"]
    if api_key:
        options += ["--api-key", api_key]
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(program(), *options, stdin=quiet, stdout=quiet, stderr=quiet)
    try:
        await ready(f"http://127.0.0.1:{port}", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def ready(url: str, process: asyncio.subprocess.Process) -> None:
    """Wait until the server answers."""
    async with asyncio.timeout(120), aiohttp.ClientSession() as session:
        while True:
            assert process.returncode is None, "llama-server ended"
            with contextlib.suppress(aiohttp.ClientError):
                async with session.get(f"{url}/health") as response:
                    if response.status == 200:
                        return
            await asyncio.sleep(0.1)
