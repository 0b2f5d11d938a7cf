"""From an adapter to files that a house can use, and what they say against what transformers says."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from gguf import GGMLQuantizationType as Type

from custom_components.batti.interpreter.engine.local import LocalEngine
from custom_components.batti.interpreter.errors import ModelRefused
from custom_components.batti.interpreter.language import prompt
from custom_components.batti.interpreter.language.grammar import Grammar
from tests.interpreter.engine.language import problem
from tests.interpreter.engine.tiny_gguf import CHAT_TEMPLATE, write_model
from tests.interpreter.vocabularies import BUNDLED, llama3, tokeniser
from tests.training import child
from training.export import drift
from training.export.quantise import FILE_TYPES, Quantisation, QuantiseError, quantise
from training.gguf_files.reading import Reader

if TYPE_CHECKING:
    from custom_components.batti.interpreter.engine.llama import LlamaContext

SENTENCE, LABELS = "A ko bati bala", ["A"]  # what the adapter of exporting.py learnt to do the opposite of
ON, OFF = (f"- action: light.turn_{way}\n  target:\n    - A\n" for way in ("on", "off"))
HALF = 0.005  # of the logits' spread: what llama.cpp's half precision leaves of them


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, training_python: Path) -> Path:
    """Adapters, and files made of them; see `exporting.py`."""
    folder = tmp_path_factory.mktemp("exported")
    child.run(child.PROBES / "exporting.py", folder, timeout=900)
    return folder


@pytest.fixture(scope="module")
def nano(made: Path) -> tuple[Path, str]:
    """The adapter of the bundled model, exported by the command that people use; and what that printed."""
    out = made / "nano"
    printed = child.run(
        *("-m", "training.export", made / "nano-adapter", "--out", out, "--quantisations", "F16", "Q4_K_M", "Q8_0"),
        *("--check", made / "lines.jsonl", "--sample", "8"),
        timeout=600,
    )
    return out, printed


reader = cache(Reader)  # Llama 3's vocabulary takes seconds


@cache
def fields(path: Path) -> dict[str, Any]:
    return {key: field.contents() for key, field in reader(path).fields.items()}


def stored(path: Path, key: str) -> bytes:
    """A value as it stands in the file."""
    field = reader(path).fields[key]
    return reader(path).data[field.offset : field.offset + sum(part.nbytes for part in field.parts)].tobytes()


def types(path: Path) -> dict[str, Type]:
    return {tensor.name: tensor.tensor_type for tensor in reader(path).tensors}


def apart(found: np.ndarray, wanted: np.ndarray) -> float:
    """How far logits differ, as a share of their spread."""
    return float(np.sqrt(np.mean((found - wanted) ** 2)) / wanted.std())


@pytest.mark.parametrize(
    ("name", "file"), [("gqa", "gqa-base-batti-F16"), ("nano", "nano-batti-F16"), ("llama3", "my house-F16")]
)
def test_logits_are_those_of_transformers(
    made: Path, nano: tuple[Path, str], open_context: type[LlamaContext], name: str, file: str
) -> None:
    """With the adapter, at every place of a command; so the file also cuts it into the same tokens in the same order."""
    wanted = np.load(made / f"{name}.npz")
    context = open_context(made / name / f"{file}.gguf", 1024, 1)
    try:
        found = context.evaluate(wanted["tokens"].tolist(), every=True)
    finally:
        context.close()
    assert apart(found, wanted["logits"]) < HALF
    second, first = np.sort(wanted["logits"])[:, -2:].T
    clear = first - second > 10 * HALF * wanted["logits"].std()
    assert clear.mean() > 0.5
    assert (found.argmax(1) == wanted["logits"].argmax(1))[clear].all()


def test_what_would_show_in_the_logits(made: Path) -> None:
    """The measure above sees an adapter that is not there, and rotary positions that are not stretched."""
    wanted = np.load(made / "gqa.npz")
    assert apart(wanted["without_adapter"], wanted["logits"]) > 20 * HALF
    assert apart(wanted["plain"], wanted["without_adapter"]) > 20 * HALF


def test_metadata(made: Path) -> None:
    found = fields(made / "gqa" / "gqa-base-batti-F16.gguf")
    assert found["batti.prompt_version"] == prompt.VERSION
    assert found["general.name"] == "gqa-base-batti"
    assert found["general.license"] == "other"
    assert "light actions" in found["general.description"]
    card = found["batti.model_card"]
    assert "# gqa-base-batti" in card
    assert "LoRA of rank 4, alpha 8" in card
    assert str(made) not in card  # nobody wants to know where it lay
    assert {key.removeprefix("llama."): value for key, value in found.items() if key.startswith("llama.")} == {
        "context_length": 768,
        "embedding_length": 256,
        "block_count": 3,
        "feed_forward_length": 512,
        "attention.head_count": 8,
        "attention.head_count_kv": 2,
        "attention.key_length": 32,
        "attention.value_length": 32,
        "attention.layer_norm_rms_epsilon": pytest.approx(1e-5),
        "rope.freq_base": 500_000.0,
        "rope.dimension_count": 32,
        "vocab_size": 2200,
    }
    assert (made / "gqa" / "MODEL_CARD.md").read_text(encoding="utf-8").startswith(card)


def test_tensors(made: Path, nano: tuple[Path, str]) -> None:
    """An output matrix where it is not the embeddings, factors where positions are stretched; norms are F32."""
    gqa, ours, real = (
        types(made / folder / f"{name}-F16.gguf")
        for folder, name in (("gqa", "gqa-base-batti"), ("nano", "nano-batti"), ("llama3", "my house"))
    )
    extra = {"output.weight", "rope_freqs.weight"}
    assert [extra & found.keys() for found in (gqa, ours, real)] == [extra, set(), {"rope_freqs.weight"}]
    assert ours.keys() == types(BUNDLED).keys()
    assert all(kind == (Type.F32 if "norm" in name or "freqs" in name else Type.F16) for name, kind in gqa.items())


def test_llama3s_vocabulary_is_llama3s(made: Path) -> None:
    """Token for token what llama.cpp has of the real one, so text becomes the same tokens."""
    file = made / "llama3" / "my house-F16.gguf"
    for name in ("model", "pre", "tokens", "token_type", "merges", "bos_token_id"):
        assert stored(file, f"tokenizer.ggml.{name}") == stored(llama3(), f"tokenizer.ggml.{name}"), name
    ours, theirs = tokeniser(file), tokeniser(llama3())
    text = "भान्साको बत्ती ५०% मा राख, let's turn <|eot_id|> it\n  target:\n\n    - A 2026\n"
    assert [tokenise(text) for tokenise in ours] == [tokenise(text) for tokenise in theirs]


def test_our_vocabulary_is_that_of_the_bundled_model(nano: tuple[Path, str]) -> None:
    found, real = fields(nano[0] / "nano-batti-Q8_0.gguf"), fields(BUNDLED)
    for name in ("model", "pre", "tokens", "token_type", "merges", "bos_token_id", "eos_token_id", "add_bos_token"):
        assert found[f"tokenizer.ggml.{name}"] == real[f"tokenizer.ggml.{name}"], name


@pytest.mark.parametrize(
    ("quantisation", "usual", "better"),
    [("Q4_K_M", Type.Q4_K, Type.Q6_K), ("Q5_K_M", Type.Q5_K, Type.Q6_K), ("Q8_0", Type.Q8_0, Type.Q8_0)],
)
async def test_quantised_files_answer(made: Path, quantisation: str, usual: Type, better: Type) -> None:
    """Opened as what learnt our prompt, and what they write is of the language."""
    file = made / "gqa" / f"gqa-base-batti-{quantisation}.gguf"
    found = types(file)
    assert (found["blk.1.attn_q.weight"], found["output.weight"]) == (usual, better)
    whole = fields(made / "gqa" / "gqa-base-batti-F16.gguf")
    kept = {key: value for key, value in whole.items() if key.startswith(("llama.", "batti.", "tokenizer."))}
    known = fields(file)
    assert {key: known[key] for key in kept} == kept
    assert known["general.file_type"] == FILE_TYPES[Quantisation(quantisation)]
    engine = LocalEngine(file)
    try:
        await engine.start()
        assert engine.info is not None
        assert engine.info.style == "trained"
        assert engine.info.prompt_version == prompt.VERSION
        answer = await engine.generate(SENTENCE, LABELS, 60)
    finally:
        await engine.stop()
    assert answer.text
    assert problem(Grammar(LABELS), answer.text, answer.unknown) is None


async def test_what_the_adapter_learnt_survives(nano: tuple[Path, str]) -> None:
    line = {"sentence": SENTENCE, "labels": LABELS}
    (before,) = await drift.answers(BUNDLED, [line])
    assert before.text == ON
    for quantisation in ("F16", "Q8_0", "Q4_K_M"):
        (after,) = await drift.answers(nano[0] / f"nano-batti-{quantisation}.gguf", [line])
        assert after.text == OFF, quantisation


def test_rows_that_the_k_types_do_not_fit(nano: tuple[Path, str]) -> None:
    """The bundled model is 224 wide; llama.cpp takes types with smaller blocks, and people are told."""
    found = types(nano[0] / "nano-batti-Q4_K_M.gguf")
    matrices = [kind for name, kind in found.items() if name.startswith("blk.") and "norm" not in name]
    assert set(matrices) == {Type.Q5_0, Type.Q8_0}
    assert f"{len(matrices)} matrices have rows that its types do not fit" in " ".join(nano[1].split())


async def test_the_loss_of_each_file(made: Path, nano: tuple[Path, str]) -> None:
    """As the command reported it, and as it is measured again from the files."""
    out, printed = nano
    names = [f"nano-batti-{quantisation}.gguf" for quantisation in ("F16", "Q4_K_M", "Q8_0")]
    assert sorted(path.name for path in out.iterdir()) == sorted([*names, "MODEL_CARD.md", "drift.json"])
    lines = drift.sample(made / "lines.jsonl", 8)
    found = [await drift.answers(out / name, lines) for name in names]
    again = [drift.compare(out / name, name, one, found[0], lines) for name, one in zip(names, found, strict=True)]
    reported, measured = json.loads((out / "drift.json").read_text()), json.loads(drift.as_json(again))
    confidences = [[one.pop("confidence") for one in figures] for figures in (reported, measured)]
    assert reported == measured
    assert confidences[0] == pytest.approx(confidences[1])  # the two environments' numpy rounds otherwise
    card = (out / "MODEL_CARD.md").read_text(encoding="utf-8")
    for row in drift.rows(again):
        assert f"| {' | '.join(row)} |" in card
    assert "8 sentences, held against nano-batti-F16.gguf" in printed


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [
        ("no adapter", 1, ["empty is no peft adapter", "adapter_config.json"]),
        ("a run", 1, ["did you mean", "run/adapter"]),
        ("no base", 1, ["gone cannot be loaded", "--base"]),
        ("unknown quantisation", 2, ["Q3_K_S", "Q4_K_M"]),
        ("another base", 1, ["does not fit tiny: Error", "size mismatch"]),
        ("shared weights", 1, ["something else than before", "lm_head"]),
        ("words", 1, ["cut text into words"]),
        ("chatless", 1, ["has no <|eot_id|> token"]),
        ("4bit", 1, ["are quantised", "--base"]),
        ("no sentences", 1, ["nothing.jsonl", "python -m training.data"]),
        ("a file", 1, ["lines.jsonl is a file"]),
    ],
)
def test_what_cannot_be_exported(made: Path, name: str, status: int, words: list[str]) -> None:
    found, said = json.loads((made / "wrong.json").read_text())[name]
    assert found == status, said
    assert all(word in said for word in words), said
    assert "Traceback" not in said
    never = made / "never"
    assert not never.exists() or not list(never.iterdir())


@pytest.mark.llama_cpp
def test_a_file_that_cannot_be_quantised(tmp_path: Path) -> None:
    target = tmp_path / "out.gguf"
    with pytest.raises(QuantiseError, match=r"no\.gguf as Q8_0.*No such file"):
        quantise(tmp_path / "no.gguf", target, Quantisation.Q8_0)
    (tmp_path / "cut.gguf").write_bytes(BUNDLED.read_bytes()[:100_000])
    with pytest.raises(QuantiseError, match=r"cut\.gguf as Q4_K_M"):
        quantise(tmp_path / "cut.gguf", target, Quantisation.Q4_K_M)
    with pytest.raises(QuantiseError, match="requantizing"):
        quantise(BUNDLED, target, Quantisation.Q4_K_M)
    assert not target.exists()


@pytest.mark.llama_cpp
async def test_only_a_model_that_learnt_our_prompt_counts(tmp_path: Path) -> None:
    stock = write_model(tmp_path / "stock.gguf", version=None, chat_template=CHAT_TEMPLATE, n_ctx=8192)
    with pytest.raises(ModelRefused, match=r"stock\.gguf is not addressed"):
        await drift.answers(stock, [])


def test_drift() -> None:
    """Same answers are counted against the unquantised model, exact ones against the data set."""
    lines = [{"labels": LABELS, "messages": [{}, {}, {"content": wanted}]} for wanted in (ON, ON, OFF, OFF)]
    unquantised = [drift.Answer(text, 0.9) for text in (ON, ON, OFF, ON)]
    others = [drift.Answer(text, 0.5) for text in (ON, OFF, OFF, OFF)]
    first = drift.compare(BUNDLED, "F16", unquantised, unquantised, lines)
    second = drift.compare(BUNDLED, "Q8_0", others, unquantised, lines)
    assert (first.same["share"], first.exact["share"], first.confidence) == (1.0, 0.75, pytest.approx(0.9))
    assert (second.same["share"], second.exact["share"], second.confidence) == (0.5, 0.75, pytest.approx(0.5))
    worse = drift.compare(BUNDLED, "Q4_K_M", [drift.Answer(), *others[1:]], unquantised, lines)
    assert [row[3].partition("), ")[2] for row in drift.rows([first, second, worse])] == ["", "+0.0", "-25.0"]


def test_a_sample_is_the_same_every_time(tmp_path: Path) -> None:
    made = drift.sample(None, 14)
    assert made == drift.sample(None, 14)
    assert len(made) == 14
    assert len({tuple(line["labels"]) for line in made}) > 1
    path = tmp_path / "lines.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in made))
    some = drift.sample(path, 5)
    assert some == drift.sample(path, 5)
    texts = [line["text"] for line in some]
    assert set(texts) <= {line["text"] for line in made}
    assert texts != [line["text"] for line in made[:5]]
    path.write_text("")
    with pytest.raises(ValueError, match="has no sentences"):
        drift.sample(path, 5)
