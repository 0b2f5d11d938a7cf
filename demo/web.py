"""Home Assistant's own web interface with the demo home: onboarded, logged in, Batti as the assistant."""

from __future__ import annotations

import socket
import tempfile
from pathlib import Path
from typing import Any

from homeassistant.components import assist_pipeline
from homeassistant.const import MATCH_ALL
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.signal import async_register_signal_handling
from homeassistant.helpers.start import async_at_started

from custom_components.batti.interpreter.home import Home, load_home

from . import core

DASHBOARD = "batti-home"
DOMAINS = ("frontend", "person", "system_health", "conversation", "assist_pipeline", "light")
WELCOME = """\
Open it, press the Assist button at the top (or the key a) and type, say,
  bhansa ko batti 40% ma rakha
  सबै बत्ती निभाऊ
  baithak ko batti rato banau
Ctrl-C stops it."""


async def serve(home: Path, port: int) -> int:
    """Serve the home until Ctrl-C; return the exit status.

    Raises DemoError if the port is taken or a part does not start.
    """
    _require_free(port)
    with tempfile.TemporaryDirectory(prefix="batti-demo-", ignore_cleanup_errors=True) as folder:
        config_dir = Path(folder)
        _seed(config_dir, load_home(home))
        hass = await core.start(config_dir, home, port, *DOMAINS)
        try:
            await core.add_batti(hass)
            await _prefer_batti(hass)

            @callback
            def welcome(_: HomeAssistant) -> None:
                print(f"http://{core.LOCALHOST}:{port}\n{WELCOME}\n{core.engine(hass)} answers.", flush=True)

            async_at_started(hass, welcome)
            async_register_signal_handling(hass)
            return await hass.async_run(attach_signals=False)
        finally:
            await core.stop(hass)


def _require_free(port: int) -> None:
    """Raise DemoError if the port is taken: Home Assistant would take another port, and listen on every address."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((core.LOCALHOST, port))
        except OSError as error:
            raise core.DemoError(f"Port {port} is taken ({error.strerror}); --port N takes another.") from error


def _seed(config_dir: Path, home: Home) -> None:
    """Store what the interface would otherwise ask for: finished onboarding, the dashboard, and the default dashboard."""
    core.seed(config_dir, "onboarding", {"done": ["user", "core_config", "analytics", "integration"]}, 4)
    dashboard = {
        "id": DASHBOARD,
        "url_path": DASHBOARD,
        "title": "Batti",
        "icon": "mdi:lightbulb-group",
        "mode": "storage",
        "require_admin": False,
        "show_in_sidebar": True,
    }
    core.seed(config_dir, "lovelace_dashboards", {"items": [dashboard]}, 1)
    core.seed(config_dir, f"lovelace.{DASHBOARD}", {"config": {"views": [_view(home)]}}, 1)
    core.seed(config_dir, "frontend.system_data", {"core": {"default_panel": DASHBOARD}}, 1)


def _view(home: Home) -> dict[str, Any]:
    """Return a dashboard view with a section for every area."""
    rooms = [(area.name, home.lights_in(area.area_id)) for area in home.areas]
    rooms.append(("No area", tuple(light for light in home.lights if light.area_id is None)))
    sections = [
        {
            "type": "grid",
            "cards": [
                {"type": "heading", "heading": name},
                *({"type": "tile", "entity": light.entity_id} for light in lights),
            ],
        }
        for name, lights in rooms
        if lights
    ]
    return {"title": "Home", "type": "sections", "max_columns": 3, "sections": sections}


async def _prefer_batti(hass: HomeAssistant) -> None:
    """Make Batti the conversation agent of the preferred assistant, which is the only one."""
    (assistant,) = assist_pipeline.async_get_pipelines(hass)
    await assist_pipeline.async_update_pipeline(
        hass, assistant, name="Batti", conversation_engine=core.AGENT, conversation_language=MATCH_ALL
    )
