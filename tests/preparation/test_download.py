"""Wheels of the table, from a server on this machine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from custom_components.batti.interpreter.errors import EngineMissing
from custom_components.batti.preparation import Origin, Prepared, Stage
from custom_components.batti.preparation.computer import this_computer
from custom_components.batti.preparation.table import Row

from .index import Index
from .preparing import Preparing
from .sources import digest

NAME = "llama_cpp_python-0.3.36-py3-none-linux_x86_64.whl"


@pytest.fixture
def row(index: Index, wheel: Path, preparing: Preparing) -> Row:
    """The table has a wheel for this computer, and the server has it too."""
    computer = this_computer()
    index.files[wheel.name] = wheel.read_bytes()
    url = f"{index.url}/files/{wheel.name}"
    row = Row(wheel.name, computer.libc, computer.machine, frozenset(), digest(wheel.read_bytes()), url)
    preparing.table = replace(preparing.table, rows=(row,))
    return row


async def reason(preparing: Preparing) -> str:
    """Why the wheel of the table could not be had."""
    with pytest.raises(EngineMissing) as caught:
        await preparing()
    (line,) = (line for line in str(caught.value).splitlines() if line.startswith("- to download "))
    return line


async def test_from_the_table(preparing: Preparing, index: Index, row: Row) -> None:
    """And never again from the network, whatever happens to the computer."""
    prepared = Prepared(preparing.folder / "packages", "0.3.36", Origin.DOWNLOADED)
    assert await preparing() == prepared
    assert preparing.stages == {Stage.LOOKING, Stage.DOWNLOADING, Stage.INSTALLING, Stage.TRYING}
    assert any(stage is Stage.DOWNLOADING and share for stage, share in preparing.told)
    assert len(index.asked) == 1
    await index.stop()
    assert await preparing(again=True) == prepared


async def test_what_nobody_needs_any_more(preparing: Preparing, row: Row) -> None:
    """Wheels of earlier versions, and beginnings of downloads, go."""
    needless = [
        preparing.folder / "downloaded" / row.file.replace("0.3.36", "0.3.35"),
        preparing.folder / "downloaded" / "llama_cpp_python-0.3.36-py3-none-musllinux_1_2_x86_64.whl.part",
        preparing.folder / "built" / "older" / row.file.replace("0.3.36", "0.3.35"),
        preparing.folder / "build" / "half" / "a.o",
        preparing.folder / "source" / "llama_cpp_python-0.3.36.tar.gz.part",
    ]
    for path in needless:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    await preparing()
    assert sorted(path.name for path in preparing.folder.rglob("*") if path.suffix in (".whl", ".part", ".o")) == [
        row.file
    ]


async def test_a_kept_wheel_that_was_damaged(preparing: Preparing, index: Index, row: Row) -> None:
    """It is downloaded again."""
    await preparing()
    (preparing.folder / "downloaded" / row.file).write_bytes(b"damaged")
    assert (await preparing(again=True)).origin is Origin.DOWNLOADED
    assert len(index.asked) == 2


async def test_wrong_checksum(preparing: Preparing, row: Row) -> None:
    preparing.table = replace(preparing.table, rows=(replace(row, sha256="0" * 64),))
    assert "checksum" in await reason(preparing)
    assert not (preparing.folder / "downloaded" / row.file).exists()
    assert Stage.INSTALLING not in preparing.stages


async def test_checksum_not_filled_in(preparing: Preparing, index: Index, row: Row) -> None:
    """Nothing is installed unchecked."""
    preparing.table = replace(preparing.table, rows=(replace(row, sha256=None),))
    assert "its checksum is not filled in yet" in await reason(preparing)
    assert index.asked == []


async def test_cut_and_resumed(preparing: Preparing, index: Index, row: Row) -> None:
    """What came is kept, and the next time the rest is asked for."""
    index.cut = 1_000_000
    assert row.file in await reason(preparing)
    part = (preparing.folder / "downloaded" / f"{row.file}.part").stat().st_size
    assert 0 < part <= 1_000_000
    assert (await preparing()).origin is Origin.DOWNLOADED
    assert index.asked == [(row.file, None), (row.file, f"bytes={part}-")]
    assert [path.name for path in (preparing.folder / "downloaded").iterdir()] == [row.file]


async def test_not_there(preparing: Preparing, index: Index, row: Row) -> None:
    del index.files[row.file]
    assert "404" in await reason(preparing)


async def test_offline(preparing: Preparing, index: Index, row: Row) -> None:
    await index.stop()
    assert row.file in await reason(preparing)
    assert "127.0.0.1" in await reason(preparing)


async def test_a_processor_that_cannot(preparing: Preparing, index: Index, row: Row) -> None:
    """It is not downloaded, for it would crash."""
    preparing.table = replace(preparing.table, rows=(replace(row, features=frozenset({"avx10", "mmx"})),))
    assert "it needs a processor with avx10, and this one is without" in await reason(preparing)
    assert index.asked == []
