"""The ready engine, from an index on this machine."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from custom_components.batti.interpreter.engine.interface import Binding
from custom_components.batti.preparation import Computer, Origin, Prepared, Stage
from custom_components.batti.preparation.probe import try_engine
from custom_components.batti.preparation.table import Row, read_table

from .index import Index
from .preparing import Preparing
from .wheels import VERSION, digest, hollow

MUSL = Computer("musl", "1.2", "x86_64", frozenset({"avx2", "fma", "f16c", "bmi2"}))


async def reason(preparing: Preparing) -> str:
    """Why the wheel of the table could not be had."""
    said = await preparing.reasons()
    (line,) = (line for line in said.splitlines() if line.startswith("- to download "))
    return line


@pytest.mark.parametrize("html", [False, True])
async def test_from_the_index(preparing: Preparing, index: Index, row: Row, html: bool) -> None:
    """And never again from the network, whatever happens to the computer."""
    index.html = html
    prepared = Prepared(Binding.XLLAMACPP, preparing.folder / "packages", VERSION, Origin.DOWNLOADED)
    assert await preparing() == prepared
    assert preparing.stages == set(Stage)
    shares = [share for stage, share in preparing.told if stage is Stage.DOWNLOADING and share is not None]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 1)
    assert (index.pages, len(index.asked)) == (["xllamacpp"], 1)
    await try_engine(preparing.model, prepared.binding, prepared.packages, preparing.python)
    assert sorted(path.name for path in preparing.folder.iterdir()) == ["downloaded", "engine.json", "lock", "packages"]
    await index.stop()
    assert await preparing() == prepared
    assert await preparing(again=True) == prepared
    assert Stage.DOWNLOADING not in preparing.stages


async def test_from_a_mirror(
    preparing: Preparing, index: Index, row: Row, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder of the wheels, wherever it is: no index is asked."""
    monkeypatch.setenv("BATTI_WHEELS_URL", f"{index.url}/files/")
    (url,) = (mirrored.url for mirrored in read_table().rows if mirrored.file == row.file)
    preparing.table = replace(preparing.table, rows=(replace(row, url=url),))
    assert (await preparing()).origin is Origin.DOWNLOADED
    assert index.pages == []
    assert index.asked == [(row.file, None)]


@pytest.mark.llama_cpp
async def test_beside_llama_cpp_python(preparing: Preparing, index: Index, row: Row) -> None:
    """Where it is wanted for itself: scripts/setup has it ready, for instance."""
    preparing.python = None
    assert (await preparing()).origin is Origin.INSTALLED
    preparing.ways = [Origin.DOWNLOADED]
    assert (await preparing()).binding is Binding.XLLAMACPP


async def test_what_nobody_needs_any_more(preparing: Preparing, row: Row) -> None:
    """Wheels of earlier versions, and beginnings of downloads, go."""
    downloaded = preparing.folder / "downloaded"
    downloaded.mkdir(parents=True)
    for name in (row.file.replace(VERSION, "0.1.0"), f"{row.file}.part", f"{row.file}.part.etag"):
        (downloaded / name).write_bytes(b"")
    await preparing()
    assert [path.name for path in downloaded.iterdir()] == [row.file]


async def test_a_kept_wheel_that_was_damaged(preparing: Preparing, index: Index, row: Row) -> None:
    """It is downloaded again."""
    await preparing()
    (preparing.folder / "downloaded" / row.file).write_bytes(b"damaged")
    assert (await preparing(again=True)).origin is Origin.DOWNLOADED
    assert len(index.asked) == 2


async def test_wrong_checksum(preparing: Preparing, row: Row) -> None:
    """Nothing is installed that is not the file of the table."""
    preparing.table = replace(preparing.table, rows=(replace(row, sha256="0" * 64),))
    assert "checksum" in await reason(preparing)
    assert not (preparing.folder / "downloaded" / row.file).exists()
    assert Stage.INSTALLING not in preparing.stages


async def test_wrong_size(preparing: Preparing, row: Row) -> None:
    """A sign-in page of the network, for instance: it is not even fetched."""
    preparing.table = replace(preparing.table, rows=(replace(row, size=row.size + 1),))
    assert "instead of" in await reason(preparing)
    assert Stage.INSTALLING not in preparing.stages


async def test_cut_and_resumed(preparing: Preparing, index: Index, row: Row) -> None:
    """What came is kept, and the next time the rest is asked for."""
    index.cut = 1_000_000
    assert row.file in await reason(preparing)
    part = (preparing.folder / "downloaded" / f"{row.file}.part").stat().st_size
    assert 0 < part <= 1_000_000
    assert (await preparing()).origin is Origin.DOWNLOADED
    assert index.asked == [(row.file, None), (row.file, f"bytes={part}-")]
    assert [path.name for path in (preparing.folder / "downloaded").iterdir()] == [row.file]


async def test_not_there(preparing: Preparing, index: Index, row: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the page, but not behind the link; on neither; no such page at all."""
    preparing.table = replace(preparing.table, rows=(replace(row, url=f"{index.url}/files/other.whl"),))
    assert "404" in await reason(preparing)
    preparing.table = replace(preparing.table, rows=(row,))
    del index.files[row.file]
    assert f"the package index 127.0.0.1 has no {row.file}" in await reason(preparing)
    monkeypatch.setenv("UV_DEFAULT_INDEX", f"mirror={index.url.replace('//', '//me:secret@')}/nothing")
    said = await preparing.reasons()
    assert "127.0.0.1 has no xllamacpp (404)" in said
    assert "secret" not in said


async def test_a_page_that_is_no_index(preparing: Preparing, index: Index, row: Row) -> None:
    """A captive portal, for instance."""
    index.nonsense = True
    assert "127.0.0.1 did not answer as a package index does" in await reason(preparing)


@pytest.mark.parametrize(
    "computer", [MUSL, replace(MUSL, libc="glibc", libc_version="2.41", machine="aarch64")], ids=str
)
async def test_offline(preparing: Preparing, computer: Computer) -> None:
    """It is said which file to put where."""
    preparing.table, preparing.computer = read_table(), computer
    row = preparing.table.row_for(computer)
    assert row is not None
    said = (await preparing.reasons()).splitlines()
    assert said[0] == f"No engine that runs the model works on this computer, {computer}:"
    assert said[2].startswith(f"- to download {row.file}: 127.0.0.1 cannot be reached")
    assert said[3] == (
        f"What to do: on a computer that is online, download {row.file} from "
        f"https://pypi.org/project/xllamacpp/{VERSION}/#files; see that its SHA-256 is {row.sha256}; put it into "
        f"{preparing.folder / 'wheels'}; then try again. Or run a llama.cpp server on another machine and choose "
        '"A llama.cpp server" when Batti is set up; for an entry that there is, under Reconfigure.'
    )
    assert len(said) == 4
    assert (preparing.folder / "wheels").is_dir()


async def test_a_processor_that_cannot(preparing: Preparing, index: Index, row: Row) -> None:
    """It is not downloaded, for it would crash; it is said what works instead."""
    preparing.table = replace(preparing.table, rows=(replace(row, features=frozenset({"avx10", "mmx"})),))
    said = await preparing.reasons()
    assert f"- to download {row.file}: it needs a processor with avx10, and this one is without" in said
    assert "\nWhat works here: run a llama.cpp server on another machine and choose" in said
    assert (index.pages, index.asked) == ([], [])


async def test_a_c_library_that_is_too_old(preparing: Preparing, index: Index) -> None:
    """That, too, is known before anything is downloaded."""
    preparing.table = read_table()
    preparing.computer = replace(MUSL, libc="glibc", libc_version="2.26")
    assert "it is for cp310-abi3-manylinux_2_28_x86_64; this computer takes manylinux_2_26_x86_64 and older" in (
        await reason(preparing)
    )
    assert (index.pages, index.asked) == ([], [])


async def test_for_another_computer(preparing: Preparing, index: Index, tmp_path: Path) -> None:
    """The wheel for it is downloaded and installed, whatever this one takes; and tried with the interpreter given."""
    rows = []
    for row in read_table().rows:
        data = hollow(tmp_path / row.file).read_bytes()
        index.files[row.file] = data
        rows.append(replace(row, size=len(data), sha256=digest(data)))
    preparing.table, preparing.computer = replace(preparing.table, rows=tuple(rows)), MUSL
    said = await reason(preparing)
    assert said.startswith(f"- to download xllamacpp-{VERSION}-cp310-abi3-musllinux_1_2_x86_64.whl: ")
    assert "cannot be imported" in said  # so it was installed
    assert len(index.asked) == 1


async def test_it_does_not_work(preparing: Preparing, index: Index, row: Row, tmp_path: Path) -> None:
    """Then downloading it by hand would not help: other ways are told."""
    data = hollow(tmp_path / row.file).read_bytes()
    index.files[row.file] = data
    preparing.table = replace(preparing.table, rows=(replace(row, size=len(data), sha256=digest(data)),))
    assert "\nWhat works here: run a llama.cpp server" in await preparing.reasons()
    assert not (preparing.folder / "packages").exists()


async def test_a_user_s_wheel_goes_before_it(preparing: Preparing, index: Index, row: Row, wheel: Path) -> None:
    shutil.copy(wheel, preparing.wheels)
    assert (await preparing()).binding is Binding.LLAMA_CPP_PYTHON
    assert index.pages == []


async def test_what_uv_is_told_for_other_uses(preparing: Preparing, row: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not concern a single file."""
    monkeypatch.setenv("UV_CONSTRAINT", "/nothing")
    monkeypatch.setenv("UV_TARGET", "/nothing")
    assert (await preparing()).origin is Origin.DOWNLOADED
