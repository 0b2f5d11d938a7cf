"""The demo, from its command line: a core, a home, a config flow, the bundled model, sentences, the web interface."""

from __future__ import annotations

from typing import Any

import aiohttp
import psutil
import pytest
import yaml

from custom_components.batti.interpreter.home import load_home
from demo.core import HOUSE

from . import demo

HOME = load_home(HOUSE)


def after(said: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return how the lights look that a sentence changed."""
    return {entity_id: change["after"] for entity_id, change in said["changed"].items()}


def in_area(area_id: str) -> set[str]:
    return {light.entity_id for light in HOME.lights_in(area_id)}


def test_home_has_every_kind_of_light() -> None:
    assert (len(HOME.floors), len(HOME.areas), len(HOME.lights)) == (2, 9, 18)
    kinds = {(light.can_dim, light.has_color_temp, light.has_color) for light in HOME.lights}
    assert len(kinds) == 5  # on/off, brightness, temperature, colour, colour and temperature


@pytest.fixture(scope="module")
def said() -> list[dict[str, Any]]:
    """Return what came of the four sentences of the README, said in one home one after the other."""
    return demo.say(
        "kitchen ko batti bala",
        "sabai batti nibhau",
        "baithak ko batti rato banau",
        "bhansa ko off gara ani bedroom ko 30% ma rakha",
    )


def test_turns_on_one_room(said: list[dict[str, Any]]) -> None:
    assert after(said[0]) == {
        "light.kitchen_ceiling": {"state": "on", "brightness_pct": 100, "color_temp_kelvin": 2700}
    }  # the counter light is on already


def test_turns_everything_off(said: list[dict[str, Any]]) -> None:
    lit = {*yaml.safe_load(HOUSE.read_text("utf-8"))["lit"], "light.kitchen_ceiling"}
    assert after(said[1]) == {entity_id: {"state": "off"} for entity_id in lit}


def test_colours_one_room(said: list[dict[str, Any]]) -> None:
    red = {"state": "on", "brightness_pct": 100, "rgb_color": [255, 0, 0], "color_name": "red"}
    assert after(said[2]) == dict.fromkeys(in_area("sitting_room"), red)


def test_does_two_things_in_one_sentence(said: list[dict[str, Any]]) -> None:
    changed = after(said[3])  # the kitchen is off already
    assert changed.keys() == in_area("bedroom")
    assert {look["brightness_pct"] for look in changed.values()} == {30}


def test_says_what_it_did(said: list[dict[str, Any]]) -> None:
    for one in said:
        assert list(one) == ["text", "yaml", "plan", "changed", "reply", "timings_ms"]
        assert one["yaml"].startswith("- action: light.turn_o")
        assert one["plan"][0]["action"] in one["yaml"]
        assert one["reply"]
        assert 0 < one["timings_ms"]["model"] <= one["timings_ms"]["total"] <= one["timings_ms"]["answer"]


def test_shows_the_same_to_people_and_knows_where_they_are() -> None:
    shown = demo.run("yaha ko batti nibhau", "--area", "study")
    assert shown.returncode == 0, shown.stderr
    assert "light.turn_off" in shown.stdout
    assert "light.study_ceiling" in shown.stdout
    assert "Traceback" not in shown.stderr


def test_says_what_is_wrong_with_a_home(tmp_path: Any) -> None:
    home = tmp_path / "home.yaml"
    home.write_text("lights: [{entity_id: light.a, name: A, area_id: nowhere}]")
    done = demo.run("batti bala", "--home", str(home))
    assert done.returncode == 1
    assert "nowhere" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.voice
@pytest.mark.usefixtures("socket_enabled")
async def test_web_interface_answers_and_stops() -> None:
    with demo.web() as (address, process):
        async with aiohttp.ClientSession(address) as client:
            assert (await client.get("/")).status == 200
            token = await _log_in(client, address)
            async with client.ws_connect("/api/websocket") as socket:
                await socket.receive_json()
                await socket.send_json({"type": "auth", "access_token": token})
                assert (await socket.receive_json())["type"] == "auth_ok"
                pipelines = await _ask(socket, 1, "assist_pipeline/pipeline/list")
                assistants = {one["id"]: one["conversation_engine"] for one in pipelines["pipelines"]}
                agent = assistants[pipelines["preferred_pipeline"]]
                assert agent == "conversation.batti"
                words = {"text": "सबै बत्ती निभाऊ", "agent_id": agent}
                answer = await _ask(socket, 2, "conversation/process", **words)
                assert answer["response"]["response_type"] == "action_done"
                states = await _ask(socket, 3, "get_states")
        lights = [state for state in states if state["entity_id"].startswith("light.")]
        assert [state["state"] for state in lights] == ["off"] * len(HOME.lights)

        children = demo.below(process)
        output = demo.interrupt(process)
        assert process.returncode == 0, output
        assert "Traceback" not in output
        assert not psutil.wait_procs(children, timeout=5)[1]


async def _log_in(client: aiohttp.ClientSession, address: str) -> str:
    """Log in as a browser does; an access token."""
    who = {"client_id": f"{address}/", "redirect_uri": f"{address}/?auth_callback=1"}
    flow = await client.post("/auth/login_flow", json={"handler": ["trusted_networks", None], **who})
    code = (await flow.json())["result"]
    form = {"grant_type": "authorization_code", "code": code, "client_id": who["client_id"]}
    token: str = (await (await client.post("/auth/token", data=form)).json())["access_token"]
    return token


async def _ask(socket: aiohttp.ClientWebSocketResponse, number: int, kind: str, **fields: Any) -> Any:
    """Send a command of the WebSocket API; its result."""
    await socket.send_json({"id": number, "type": kind, **fields})
    answer = await socket.receive_json()
    assert answer["success"], answer
    return answer["result"]
