"""What can go wrong between a sentence and a plan.

Every error says what happened and what to do; `reply.error_reply` says it again in the speaker's script.
"""

from __future__ import annotations


class BattiError(Exception):
    """Any failure that Batti names; the message is for the log and for diagnostics, in English."""


class HomeError(BattiError):
    """A description of a home that is not complete or contradicts itself."""


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
    """The llama.cpp server does not answer, or not as such a server does."""


class ServerDenied(EngineError):
    """The llama.cpp server wants another API key."""


class SentenceTooLong(EngineError):
    """The sentence does not fit the model's context."""
