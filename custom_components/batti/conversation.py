"""The conversation entity: a sentence in, lights changed, an answer out."""

from __future__ import annotations

import logging
from typing import Literal

from homeassistant.components import conversation
from homeassistant.const import MATCH_ALL
from homeassistant.core import HomeAssistant
from homeassistant.helpers import intent
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import BattiConfigEntry
from .entity import BattiEntity
from .exposed_lights import perform, speaker_area
from .interpreter import Turn
from .interpreter.errors import BattiError, EngineError
from .interpreter.home import Home
from .interpreter.language.items import Refusal
from .interpreter.language.plan import Plan
from .interpreter.reply import Outcome, error_reply, reply
from .memory import Memory

_LOGGER = logging.getLogger(__name__)
PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: BattiConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the entry's one entity."""
    async_add_entities([BattiConversationEntity(entry)])


class BattiConversationEntity(BattiEntity, conversation.ConversationEntity):
    """The conversation agent that users choose for an assistant."""

    _attr_name = None
    _attr_supported_features = conversation.ConversationEntityFeature.CONTROL

    def __init__(self, entry: BattiConfigEntry) -> None:
        """Use the entry's model."""
        super().__init__(entry)
        self._memory = Memory()
        self._attr_unique_id = entry.entry_id

    @property
    def available(self) -> bool:
        """Return whether a sentence can be understood."""
        return self.coordinator.available

    @property
    def supported_languages(self) -> list[str] | Literal["*"]:
        """Return all languages: people may speak Nepali to an assistant that is set to English."""
        return MATCH_ALL

    async def async_prepare(self, language: str | None = None) -> None:
        """Start the model again if its process has ended."""
        try:
            await self.coordinator.engine.start()
        except EngineError as error:
            _LOGGER.warning("The model could not be started: %s", error)

    async def _async_handle_message(
        self, user_input: conversation.ConversationInput, chat_log: conversation.ChatLog
    ) -> conversation.ConversationResult:
        """Handle one sentence completely: text, home, interpreter, lights, answer."""
        text = user_input.text
        response = intent.IntentResponse(language=user_input.language)
        try:
            home = await self.coordinator.home()
            area_id = speaker_area(self.hass, user_input.satellite_id, user_input.device_id)
            turn = Turn(area_id, self._memory.recall(chat_log.conversation_id))
            understood = await self.coordinator.interpret(text, home, turn)
            plan = understood.plan
            self._memory.keep(chat_log.conversation_id, understood.previous)
            outcome = await perform(self.hass, plan, home, user_input.context)
            answer = reply(text, plan, outcome, home, language=user_input.language)
            _fill(response, answer, plan, outcome, home)
        except BattiError as error:
            _LOGGER.warning("A sentence could not be understood: %s", error)
            answer = error_reply(text, error, language=user_input.language)
            response.async_set_error(intent.IntentResponseErrorCode.FAILED_TO_HANDLE, answer)
        chat_log.async_add_assistant_content_without_tools(conversation.AssistantContent(self.entity_id, answer))
        return conversation.ConversationResult(response, chat_log.conversation_id, chat_log.continue_conversation)


def _fill(response: intent.IntentResponse, answer: str, plan: Plan, outcome: Outcome, home: Home) -> None:
    """Put the answer and the results into Home Assistant's response."""
    if (code := _error_code(plan, outcome)) is not None:
        response.async_set_error(code, answer)
        return
    response.async_set_speech(answer)
    names = {light.entity_id: light.name for light in home.lights}
    response.async_set_results(
        [_target(names[entity_id], entity_id) for entity_id in outcome.changed],
        [_target(unable.name, unable.entity_id) for unable in outcome.unable],
    )


def _error_code(plan: Plan, outcome: Outcome) -> intent.IntentResponseErrorCode | None:
    if outcome.changed or outcome.described or plan.question or plan.refusal is Refusal.FORBIDDEN:
        return None  # answered, asked back, or rightly changed nothing: not an error
    if outcome.unable:
        return intent.IntentResponseErrorCode.FAILED_TO_HANDLE
    if plan.unknown:
        return intent.IntentResponseErrorCode.NO_VALID_TARGETS
    return intent.IntentResponseErrorCode.NO_INTENT_MATCH


def _target(name: str, entity_id: str) -> intent.IntentResponseTarget:
    return intent.IntentResponseTarget(name=name, type=intent.IntentResponseTargetType.ENTITY, id=entity_id)
