"""What tests of downloads share."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator

import aiohttp
import pytest


@pytest.fixture
async def session(socket_enabled: None) -> AsyncIterator[aiohttp.ClientSession]:
    connector = aiohttp.TCPConnector(family=socket.AF_INET)  # `localhost` is ::1 too, which pytest-socket does not let
    async with aiohttp.ClientSession(connector=connector) as opened:
        yield opened
