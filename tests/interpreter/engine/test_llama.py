"""The real llama.cpp through both bindings, on a model with random weights."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custom_components.batti.interpreter.engine.interface import Generation
from custom_components.batti.interpreter.engine.model import Model
from custom_components.batti.interpreter.errors import ModelMissing, ModelRefused, SentenceTooLong
from custom_components.batti.interpreter.language import prompt
from custom_components.batti.interpreter.language.grammar import Grammar
from custom_components.batti.interpreter.language.items import DATA_FAMILIES
from custom_components.batti.interpreter.language.prompt import Style

from .child_model import ChildModel
from .language import problem
from .tiny_gguf import CHAT_TEMPLATE, write_model

if TYPE_CHECKING:
    from custom_components.batti.interpreter.engine.llama import LlamaContext

SENTENCE = "A ko bati bala ani B ko nibau"
LABELS = ("A", "B")


Load = Callable[..., Model]


@pytest.fixture(
    scope="module",
    params=[pytest.param(Model, marks=pytest.mark.llama_cpp), ChildModel],
    ids=["llama_cpp", "ready"],
)
def load(request: pytest.FixtureRequest) -> Load:
    """Loads a model through a binding."""
    chosen: Load = request.param
    return chosen


@pytest.fixture(scope="module")
def model(tiny_model: Path, load: Load) -> Iterator[Model]:
    loaded = load(tiny_model, n_ctx=1024)
    yield loaded
    loaded.close()


@pytest.fixture
def context(tiny_model: Path, open_context: type[LlamaContext]) -> Iterator[LlamaContext]:
    opened = open_context(tiny_model, n_ctx=256, threads=1)
    yield opened
    opened.close()


def ask(model: Model, sentence: str, *labels: str) -> Generation:
    generation = model.generate(sentence, labels, lambda: False)
    assert generation is not None
    return generation


NAMES = st.lists(st.sampled_from(["A", "B", "P", "Q", "2 kota", "tebal lamp", "tebal"]), max_size=4)


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=60), labels=NAMES)
def test_always_the_language(model: Model, text: str, labels: list[str]) -> None:
    """Whatever is typed, what is written is valid, and names no label that was not given."""
    try:
        generation = ask(model, text, *labels)
    except SentenceTooLong:
        return
    assert problem(Grammar(labels), generation.text, generation.unknown) is None
    assert generation.prompt_tokens > generation.reused_tokens > 0


def test_one_command_leaves_nothing_to_the_next(model: Model) -> None:
    """The same sentence has the same answer, whatever came between."""
    first = ask(model, SENTENCE, *LABELS)
    ask(model, "battiharu " * 20, "C")
    again = ask(model, SENTENCE, *LABELS)
    assert (again.text, again.unknown, again.confidence) == (first.text, first.unknown, first.confidence)


def test_control_tokens_cannot_be_typed(context: LlamaContext) -> None:
    """What a person types is spelt out; only our own pieces hold control tokens."""
    (sentence, special), _ = prompt.user("".join(prompt.CHAT_TOKENS))
    tokens = context.tokenize(sentence, special=special)
    assert b"".join(map(context.piece, tokens)).decode() == sentence
    assert context.end not in tokens
    assert context.tokenize(prompt.END_OF_TURN, special=True) == [context.end]


def test_lines_tokenised_alone_are_lines_tokenised_together(context: LlamaContext) -> None:
    """A line's start is a token boundary, so decoding line by line meets the tokens of the training text."""
    lines = ["- action: light.turn_on\n", "  target:\n", "    - A\n", "    - 2 kota\n", "  except:\n"]
    lines += [
        "    - HERE\n",
        "  data:\n",
        *itertools.chain(*DATA_FAMILIES),
        "- action: light.toggle\n",
    ]
    apart = [token for line in lines for token in context.tokenize(line)]
    assert context.tokenize("".join(lines)) == apart


def test_a_batch_says_what_single_steps_say(context: LlamaContext) -> None:
    """Logits of every position, and memory after a rewind."""
    tokens = context.tokenize("- action: light.turn_on\n")
    together = context.evaluate(tokens, every=True)
    context.rewind(3)
    alone = np.concatenate([context.evaluate([token]) for token in tokens[3:]])
    np.testing.assert_allclose(together[3:], alone, rtol=1e-2, atol=1e-2)
    assert context.length == len(tokens)


def test_a_sentence_that_does_not_fit(model: Model) -> None:
    """It is refused, and the next one is answered."""
    with pytest.raises(SentenceTooLong):
        ask(model, "batti " * 2000)
    assert ask(model, SENTENCE, *LABELS).text


def test_an_abandoned_answer_is_none(model: Model) -> None:
    """And the next one is answered."""
    assert model.generate(SENTENCE, LABELS, lambda: True) is None
    assert ask(model, SENTENCE, *LABELS).text


def test_the_prefix_is_saved_and_restored(load: Load, tiny_model: Path, tmp_path: Path) -> None:
    """The second start evaluates nothing, else it would save that anew; and answers the same."""
    first = ask(load(tiny_model, 1024, state_dir=tmp_path), SENTENCE, *LABELS)
    (file,) = tmp_path.iterdir()
    written = file.stat().st_ino, file.stat().st_mtime_ns
    restored = load(tiny_model, 1024, state_dir=tmp_path)
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == written
    second = ask(restored, SENTENCE, *LABELS)
    assert second.reused_tokens >= restored.info.prefix_tokens
    assert second.text == first.text
    assert second.confidence == pytest.approx(first.confidence)


@pytest.mark.parametrize("damage", [b"", b"rubbish", None])
def test_a_damaged_state_is_written_again(load: Load, tiny_model: Path, tmp_path: Path, damage: bytes | None) -> None:
    """Cut off, overwritten, or of another model: it is not used, and not left there."""
    first = ask(load(tiny_model, 1024, state_dir=tmp_path), SENTENCE, *LABELS)
    (file,) = tmp_path.iterdir()
    saved = file.read_bytes()
    file.write_bytes(saved[:-1] if damage is None else damage)
    assert ask(load(tiny_model, 1024, state_dir=tmp_path), SENTENCE, *LABELS).text == first.text
    assert file.read_bytes() == saved


def test_a_state_folder_that_cannot_be_made(load: Load, tiny_model: Path, tmp_path: Path) -> None:
    """Costs time at the next start, nothing else."""
    (tmp_path / "file").write_text("")
    assert ask(load(tiny_model, 1024, state_dir=tmp_path / "file" / "states"), SENTENCE, *LABELS).text


def test_a_model_that_is_not_there(load: Load, tmp_path: Path) -> None:
    """The message says where it should be."""
    with pytest.raises(ModelMissing, match=r"no model at .*nano\.gguf"):
        load(tmp_path / "nano.gguf", 256)
    with pytest.raises(ModelMissing, match="cannot be read"):
        load(tmp_path, 256)


def test_files_that_are_no_model(load: Load, tmp_path: Path, tiny_model: Path) -> None:
    """Another kind of file, and a download that broke off."""
    page = tmp_path / "page.gguf"
    page.write_text("<html>Not found</html>")
    with pytest.raises(ModelRefused, match=r"page\.gguf is not a GGUF file"):
        load(page, 256)
    part = tmp_path / "part.gguf"
    part.write_bytes(tiny_model.read_bytes()[:-5000])
    with pytest.raises(ModelRefused, match=r"cannot load part\.gguf: .*(corrupt|bounds)"):
        load(part, 256)


def test_models_that_were_made_for_something_else(load: Load, tmp_path: Path) -> None:
    """The message says for what."""
    with pytest.raises(ModelRefused, match="qwen2 family"):
        load(write_model(tmp_path / "a.gguf", architecture="qwen2"), 256)
    with pytest.raises(ModelRefused, match=f"made for prompt batti-0, .* speaks {prompt.VERSION}"):
        load(write_model(tmp_path / "b.gguf", version="batti-0"), 256)
    with pytest.raises(ModelRefused, match=r"batti\.prompt_version is missing\) and is no instruct model"):
        load(write_model(tmp_path / "c.gguf", version=None), 256)


def test_a_stock_instruct_model_is_shown_what_to_do(load: Load, tmp_path: Path) -> None:
    """It answers within the grammar, and its long prompt is evaluated once."""
    stock = write_model(tmp_path / "stock.gguf", version=None, chat_template=CHAT_TEMPLATE, n_ctx=4096)
    model = load(stock, 4096)
    assert (model.info.style, model.info.prompt_version) == (Style.INSTRUCT, None)
    answer = model.generate("A ko bati bala", ["A"], lambda: False)
    assert answer is not None
    assert answer.reused_tokens == model.info.prefix_tokens > 500
    assert answer.prompt_tokens < answer.reused_tokens + 60
    assert problem(Grammar(["A"]), answer.text, answer.unknown) is None
    model.close()
    with pytest.raises(ModelRefused, match="raise the context size"):
        load(stock, 512)


def test_a_small_context_is_the_models_own(tmp_path: Path, open_context: type[LlamaContext]) -> None:
    """More than the model was trained on is not used."""
    opened = open_context(write_model(tmp_path / "short.gguf", n_ctx=128), n_ctx=1024, threads=1)
    assert opened.size == 128
    opened.close()
