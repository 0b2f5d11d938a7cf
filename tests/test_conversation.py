"""The conversation entity: what it answers, and how it comes through its worker's death; with the real model."""

from __future__ import annotations

import asyncio
import os
import signal
from unittest.mock import patch

import psutil
import pytest
from homeassistant.components import conversation
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import chat_session
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.batti.const import CONF_DEADLINE
from custom_components.batti.interpreter.reply import Script, error_reply, reply, script_of

from . import house

CONVERSATION = "tablet in the hall"  # no ULID: Home Assistant takes an unknown one for a conversation that is over
DIMMABLE = ("light.sitting_ceiling", "light.wled_3")  # in the sitting room
KITCHEN = {"light.kitchen_main", "light.0x00158d0001a2"}


async def test_the_entity(flat: HomeAssistant, batti: MockConfigEntry) -> None:
    state = flat.states.get(house.AGENT)
    assert state is not None
    assert state.attributes["supported_features"] == conversation.ConversationEntityFeature.CONTROL
    info = conversation.get_agent_manager(flat)
    agent = conversation.async_get_agent(flat, house.AGENT)
    assert info is not None
    assert agent is not None
    assert agent.supported_languages == "*"
    entry = er.async_get(flat).async_get(house.AGENT)
    assert entry is not None
    assert entry.device_id is not None
    device = dr.async_get(flat).async_get(entry.device_id)
    assert device is not None
    assert device.model == "batti-nano.gguf"


async def test_what_was_done_is_told(flat: HomeAssistant, batti: MockConfigEntry) -> None:
    response = await house.say(flat, "bhansa ko batti bala", language="ne")
    assert house.on(flat) == KITCHEN
    assert (response["response_type"], response["language"]) == ("action_done", "ne")
    assert {target["id"] for target in response["data"]["success"]} == KITCHEN
    assert {target["name"] for target in response["data"]["success"]} == {"Chulo ko Batti", "Sink ko Batti"}
    assert response["data"]["failed"] == []


async def test_several_things_in_one_sentence(flat: HomeAssistant, batti: MockConfigEntry) -> None:
    await house.say(flat, "sabai batti bala")
    await house.say(flat, "bhansa ko off gara ani baithak ko 30% ma rakha")
    looks = house.looks(flat)
    assert KITCHEN.isdisjoint(house.on(flat))
    assert looks["light.sitting_ceiling"]["brightness_pct"] == looks["light.wled_3"]["brightness_pct"] == 30


@pytest.mark.parametrize(("language", "script"), [("en", Script.ENGLISH), ("ne", Script.ROMAN)])
async def test_the_language_of_the_assistant_decides_where_the_sentence_does_not(
    flat: HomeAssistant, batti: MockConfigEntry, language: str, script: Script
) -> None:
    with patch("custom_components.batti.conversation.reply", wraps=reply) as said:
        await house.say(flat, "kitchen 40%", language=language)
    assert said.call_args.kwargs == {"language": language}
    assert script_of("kitchen 40%", language) is script
    with patch("custom_components.batti.conversation.error_reply", wraps=error_reply) as said:
        flat.config_entries.async_update_entry(batti, options={CONF_DEADLINE: 0})
        await house.say(flat, "kitchen 40%", language=language)
    assert said.call_args.kwargs == {"language": language}


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("bhansa ko batti bala", Script.ROMAN),
        ("भान्साको बत्ती बाल", Script.DEVANAGARI),
        ("turn on the kitchen light", Script.ENGLISH),
    ],
)
async def test_the_answer_is_in_the_script_of_the_sentence(
    flat: HomeAssistant, batti: MockConfigEntry, text: str, script: Script
) -> None:
    response = await house.say(flat, text)
    assert house.on(flat) == KITCHEN
    assert script_of(house.spoken(response)) is script


async def test_a_sentence_follows_on_from_the_one_before(flat: HomeAssistant, batti: MockConfigEntry) -> None:
    """In one conversation `it` is known; in another it is not."""
    await house.say(flat, "baithak ko batti 60% ma rakha", conversation_id=CONVERSATION)
    await house.say(flat, "ajhai kam gara", conversation_id=CONVERSATION)
    looks = house.looks(flat)
    assert {looks[entity_id]["brightness_pct"] for entity_id in DIMMABLE} == {40}
    await house.say(flat, "baithak ko batti 60% ma rakha", conversation_id=CONVERSATION)
    await house.say(flat, "bhansa ko pani", conversation_id=CONVERSATION)
    assert house.looks(flat)["light.kitchen_main"]["brightness_pct"] == 60
    await house.say(flat, "sabai batti nibhau")
    response = await house.say(flat, "ajhai kam gara")
    assert house.on(flat) == set()
    assert house.spoken(response).endswith("?")


async def test_how_a_light_is(flat: HomeAssistant, batti: MockConfigEntry) -> None:
    response = await house.say(flat, "bhansa ko batti baleko cha?")
    assert response["response_type"] == "action_done"
    assert house.spoken(response) == "Bhansa ko batti nibheko cha."
    await house.say(flat, "bhansa ko batti bala")
    assert house.spoken(await house.say(flat, "bhansa ko batti baleko cha?")) == "Bhansa ko batti baleko cha."
    assert house.on(flat) == KITCHEN


@pytest.mark.parametrize(
    ("text", "code", "heard"),
    [
        ("aaja mausam kasto cha?", "no_intent_match", ""),
        ("5 minute pachi bhansa ko batti bala", "no_intent_match", "samaya"),
        ("garage ko batti bala", "no_valid_targets", "garage"),
        ("kuna ko lamp rato banau", "failed_to_handle", "Kuna ko Lamp"),
    ],
)
async def test_what_could_not_be_done_is_an_error_that_says_why(
    flat: HomeAssistant, batti: MockConfigEntry, text: str, code: str, heard: str
) -> None:
    response = await house.say(flat, text)
    assert response["response_type"] == "error"
    assert response["data"] == {"code": code}
    assert heard.lower() in house.spoken(response).lower()
    assert house.on(flat) == set()


async def test_what_is_forbidden_is_left_alone_without_an_error(flat: HomeAssistant, batti: MockConfigEntry) -> None:
    await house.switch(flat, "turn_on", list(KITCHEN))
    response = await house.say(flat, "bhansa ko batti nanibhau hai")
    assert response["response_type"] == "action_done"
    assert house.on(flat) == KITCHEN


async def test_the_chat_log_has_both_sides(flat: HomeAssistant, batti: MockConfigEntry) -> None:
    result = await conversation.async_converse(flat, "puja kotha ko batti bala", None, Context(), agent_id=house.AGENT)
    again = await conversation.async_converse(
        flat, "puja kotha ko batti nibhau", result.conversation_id, Context(), agent_id=house.AGENT
    )
    assert again.conversation_id == result.conversation_id
    assert house.on(flat) == set()
    with (
        chat_session.async_get_chat_session(flat, result.conversation_id) as session,
        conversation.async_get_chat_log(flat, session) as log,
    ):
        said = [(content.role, content.content) for content in log.content if content.role != "system"]
    assert said == [
        ("user", "puja kotha ko batti bala"),
        ("assistant", house.spoken(result.response.as_dict())),
        ("user", "puja kotha ko batti nibhau"),
        ("assistant", house.spoken(again.response.as_dict())),
    ]


async def frozen_worker() -> psutil.Process:
    """The worker, stopped in the middle of whatever it does."""
    (worker,) = house.workers()
    worker.send_signal(signal.SIGSTOP)
    return worker


async def test_a_worker_killed_at_work_costs_one_answer(flat: HomeAssistant, batti: MockConfigEntry) -> None:
    worker = await frozen_worker()
    asked = flat.async_create_task(house.say(flat, "bhansa ko batti bala"))
    await asyncio.sleep(0.2)
    assert not asked.done()
    os.kill(worker.pid, signal.SIGKILL)
    response = await asked
    assert response["data"] == {"code": "failed_to_handle"}
    assert script_of(house.spoken(response)) is Script.ROMAN
    assert house.on(flat) == set()
    response = await house.say(flat, "bhansa ko batti bala")
    assert house.on(flat) == KITCHEN
    assert [other.pid for other in house.workers()] != [worker.pid]


async def test_a_worker_that_hangs_costs_one_answer(flat: HomeAssistant, batti: MockConfigEntry) -> None:
    """After the seconds that the entry's options allow."""
    await frozen_worker()
    flat.config_entries.async_update_entry(batti, options={CONF_DEADLINE: 0.3})
    async with asyncio.timeout(5):
        response = await house.say(flat, "भान्साको बत्ती बाल")
    assert response["data"] == {"code": "failed_to_handle"}
    assert script_of(house.spoken(response)) is Script.DEVANAGARI
    flat.config_entries.async_update_entry(batti, options={})
    await house.say(flat, "भान्साको बत्ती बाल")
    assert house.on(flat) == KITCHEN


async def test_a_worker_that_died_is_back_before_the_sentence(flat: HomeAssistant, batti: MockConfigEntry) -> None:
    (worker,) = house.workers()
    worker.kill()
    worker.wait()
    await asyncio.sleep(0.1)
    agent = conversation.async_get_agent(flat, house.AGENT)
    assert agent is not None
    await agent.async_prepare("ne")  # what a pipeline does while its speaker still talks
    (other,) = house.workers()
    assert other.pid != worker.pid


async def test_sentences_of_several_people_at_once(flat: HomeAssistant, batti: MockConfigEntry) -> None:
    sentences = ("bhansa ko batti bala", "puja kotha ko batti bala", "ama ko kotha ko batti balnus")
    await asyncio.gather(*(house.say(flat, text) for text in sentences))
    assert house.on(flat) == KITCHEN | {"light.puja_1", "light.zorbak", "light.bed_left"}
