"""The GBNF of the language is one that llama.cpp's own parser reads, and accepts whatever the automaton accepts."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custom_components.batti.interpreter.language.grammar import Grammar

from ..vocabularies import BUNDLED
from .test_grammar import steps

GRAMMAR = Grammar(["A", "B", "C"])

pytestmark = pytest.mark.llama_cpp

Check = Callable[[str], str | None]


@pytest.fixture(scope="module")
def check() -> Iterator[Check]:
    """Says where llama.cpp's grammar does not go on with a text; None if it accepts the whole."""
    import llama_cpp as api  # not every test run has it

    params = api.llama_model_default_params()
    params.vocab_only = True
    model = api.llama_model_load_from_file(str(BUNDLED).encode(), params)
    assert model
    vocab = api.llama_model_get_vocab(model)
    sampler = api.llama_sampler_init_grammar(vocab, GRAMMAR.to_gbnf().encode(), b"root")
    assert sampler, "llama.cpp cannot read the grammar"

    def allowed(token: int) -> bool:
        one = api.llama_token_data(token, 0.0, 0.0)
        candidates = api.llama_token_data_array(ctypes.pointer(one), 1, -1, False)
        api.llama_sampler_apply(sampler, ctypes.byref(candidates))
        return not math.isinf(one.logit)

    def goes_on(text: str) -> str | None:
        api.llama_sampler_reset(sampler)
        raw = text.encode()
        tokens: Any = (api.llama_token * (len(raw) + 8))()
        count = api.llama_tokenize(vocab, raw, len(raw), tokens, len(tokens), False, False)
        for at, token in enumerate(tokens[:count]):
            if not allowed(token):
                return f"not after {at} tokens"
            api.llama_sampler_accept(sampler, token)
        return None if allowed(api.llama_vocab_eot(vocab)) else "it may not end there"

    yield goes_on
    api.llama_sampler_free(sampler)
    api.llama_model_free(model)


def test_gbnf_accepts_what_the_automaton_accepts(check: Check) -> None:
    @given(st.data())
    @settings(max_examples=300, deadline=None)
    def any_path(data: st.DataObject) -> None:
        assert check("".join(steps(data, GRAMMAR))) is None

    any_path()


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "- action: light.turn_on\n",
        "- action: light.turn_on\n  target:\n    - D\n",
        "- action: light.toggle\n  target:\n    - A\n  data:\n    flash: short\n",
        "- after: 5 minutes\n",
        "- when: time\n  at: 25:00\n- action: light.turn_on\n  target:\n    - A\n",
        "[]  # not yet\n",
        "[]  # no lights\n",
        "- refuse: not for lights\n",
        "- action: light.toggle\n  target:\n    - A\n- refuse: not for lights\n- action: light.toggle\n",
    ],
)
def test_gbnf_refuses_what_is_not_in_the_language(check: Check, text: str) -> None:
    assert check(text) is not None
