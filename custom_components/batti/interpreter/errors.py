"""What can go wrong between a sentence and a plan.

Every error says what happened and what to do; `reply.error_reply` says it again in the speaker's script.
"""

from __future__ import annotations


class BattiError(Exception):
    """The base class of Batti's errors; the message is in English, for the log and diagnostics."""


class HomeError(BattiError):
    """A description of a home that is incomplete or contradicts itself."""


class PlanError(BattiError):
    """Text that is not a plan in Batti's output language."""


class EngineError(BattiError):
    """The model could not answer this command; the next one may work."""


class EngineMissing(EngineError):
    """No binding of llama.cpp can be imported."""


class ModelMissing(EngineError):
    """The model file is not there or cannot be read."""


class ModelRefused(EngineError):
    """The model file is not a model that this version of Batti can use."""


class EngineCrashed(EngineError):
    """The worker process died while it was starting or working."""


class EngineTimeout(EngineError):
    """The command ran past its deadline."""


class EngineGarbled(EngineError):
    """The worker process, or a server, wrote something that is not an answer."""


class ServerUnreachable(EngineError):
    """The llama.cpp server does not answer, or is something else than a llama.cpp server."""


class ServerDenied(EngineError):
    """The llama.cpp server does not accept the API key."""


class SentenceTooLong(EngineError):
    """The sentence does not fit the model's context."""
