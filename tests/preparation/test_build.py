"""Building where there is a compiler, from archives of a local index."""

from __future__ import annotations

from pathlib import Path

import pytest

from custom_components.batti.interpreter.errors import EngineMissing
from custom_components.batti.preparation import Origin, Prepared, Stage
from custom_components.batti.preparation.build import find_compiler

from . import sources
from .index import Index
from .preparing import Preparing
from .wheels import ILLEGAL, START, tampered


async def reason(preparing: Preparing) -> str:
    """Why it could not be built."""
    with pytest.raises(EngineMissing) as caught:
        await preparing()
    return str(caught.value).partition("- to build it here: ")[2].partition("\nWhat to do")[0]


@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("html", [False, True])
async def test_built_and_kept(preparing: Preparing, index: Index, wheel: Path, html: bool) -> None:
    """With progress; the wheel is kept, the sources are not; the next time nothing is built or fetched."""
    index.html = html
    preparing.offer(index, sources.works(wheel))
    prepared = Prepared(preparing.folder / "packages", "0.3.36", Origin.BUILT)
    assert await preparing() == prepared
    assert preparing.stages == set(Stage)
    shares = [share for stage, share in preparing.told if stage is Stage.BUILDING]
    assert shares == [None, 1 / 3, 2 / 3, 1]
    names = sorted(path.name for path in preparing.folder.iterdir())
    assert names == ["built", "engine.json", "lock", "packages"]
    await index.stop()
    assert await preparing(again=True) == prepared
    assert Stage.BUILDING not in preparing.stages


@pytest.mark.usefixtures("compiler")
async def test_a_kept_wheel_that_was_damaged(preparing: Preparing, index: Index, wheel: Path) -> None:
    """It is built again."""
    preparing.offer(index, sources.works(wheel))
    await preparing()
    (kept,) = (preparing.folder / "built").glob("*/*.whl")
    kept.write_bytes(b"damaged")
    assert (await preparing(again=True)).origin is Origin.BUILT
    assert Stage.BUILDING in preparing.stages


@pytest.mark.usefixtures("compiler")
async def test_a_wheel_that_was_built_and_does_not_work(
    preparing: Preparing, index: Index, wheel: Path, tmp_path: Path
) -> None:
    """It is not built at every start anew."""
    broken = tampered(wheel, tmp_path / wheel.name, {START: ILLEGAL})
    preparing.offer(index, sources.works(broken))
    assert "SIGILL" in await reason(preparing)
    with pytest.raises(EngineMissing, match=f"- the wheel {wheel.name}: .*SIGILL"):
        await preparing()
    assert Stage.BUILDING not in preparing.stages


@pytest.mark.usefixtures("compiler")
async def test_the_build_fails(preparing: Preparing, index: Index) -> None:
    """The compiler's last words are the reason; the whole log and the archive are kept, the rest is removed."""
    preparing.offer(index, sources.fails())
    said = await reason(preparing)
    assert said.splitlines()[1:] == [
        "  " + line
        for line in (said.splitlines()[1].strip(), "[1/2] c++ a.cpp", "a.cpp:1:1: error: this is no C++",
                     "ninja: build stopped: subcommand failed.")
    ]  # fmt: skip
    assert said.splitlines()[1].startswith("  flags: -DGGML_NATIVE=OFF -DLLAVA_BUILD=OFF ")
    log = preparing.folder / "build" / "build.log"
    assert str(log) in said.splitlines()[0]
    assert "this is no C++" in log.read_text()
    assert [path.name for path in log.parent.iterdir()] == ["build.log"]
    assert await reason(preparing) == said
    assert len(index.asked) == 1


@pytest.mark.usefixtures("compiler")
async def test_wrong_checksum(preparing: Preparing, index: Index, wheel: Path) -> None:
    index.files[sources.NAME] = sources.works(wheel)
    assert "checksum" in await reason(preparing)
    assert Stage.BUILDING not in preparing.stages


@pytest.mark.usefixtures("compiler")
async def test_an_archive_that_is_none(preparing: Preparing, index: Index) -> None:
    preparing.offer(index, b"no archive")
    assert f"{sources.NAME} cannot be unpacked" in await reason(preparing)


@pytest.mark.usefixtures("compiler")
async def test_not_in_the_index(preparing: Preparing, index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    assert f"the package index 127.0.0.1 has no {sources.NAME}" in await reason(preparing)
    monkeypatch.setenv("UV_DEFAULT_INDEX", f"mirror={index.url.replace('//', '//me:secret@')}/nothing")
    said = await reason(preparing)
    assert "127.0.0.1 has no llama-cpp-python (404)" in said
    assert "secret" not in said


@pytest.mark.usefixtures("compiler")
async def test_offline(preparing: Preparing, index: Index) -> None:
    await index.stop()
    assert "127.0.0.1 cannot be reached" in await reason(preparing)


@pytest.mark.usefixtures("compiler")
async def test_a_page_that_is_no_index(preparing: Preparing, index: Index) -> None:
    """A captive portal, for instance."""
    index.nonsense = True
    assert "127.0.0.1 did not answer as a package index does" in await reason(preparing)


def test_compilers(compiler: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """CXX may name another one, with arguments."""
    assert find_compiler() == str(compiler)
    cache = tmp_path / "programs" / "ccache"
    cache.write_text("#!/bin/sh\n")
    cache.chmod(0o755)
    monkeypatch.setenv("CXX", "ccache g++")
    assert find_compiler() == str(cache)
