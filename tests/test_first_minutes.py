"""A new hub, from the menu to the first answer, with a package index and without: `scripts/try-hub`, in short."""

from __future__ import annotations

import asyncio
import os
import sys

import pytest

from training.evaluate.judging import READY

from .demo import ROOT
from .preparation.index import Index


@pytest.mark.usefixtures("socket_enabled")
async def test_a_new_hub() -> None:
    """The script's own assertions hold; the index here has the wheel that scripts/setup downloaded."""
    index = Index()
    (wheel,) = (READY.parent / "downloaded").glob("xllamacpp-*.whl")
    index.files[wheel.name] = wheel.read_bytes()
    await index.start()
    hub = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "scripts.platforms.try_hub"),
        cwd=ROOT,
        env=os.environ | {"UV_DEFAULT_INDEX": f"{index.url}/simple"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await asyncio.wait_for(hub.communicate(), 180)
    finally:
        await index.stop()
    told = output.decode()
    assert hub.returncode == 0, told
    assert told.count("Bhansa ko batti 40% ma rakhe. (xllamacpp ") == 4
    assert index.asked == [(wheel.name, None)]
