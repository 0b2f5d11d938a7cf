"""The mean of two trainings of one model, which is often steadier than either.

    python -m training.nano.mean EARLIER.gguf LATER.gguf --share 0.7 --out NEW.gguf

Both must have one shape and one tokeniser: the later one was trained on from the earlier one. Source of the idea: Wortsman
et al., Model soups (2022).
"""

from __future__ import annotations

import argparse
from pathlib import Path

from . import gguf_file
from .llama import Llama


def mean(one: Llama, other: Llama, share: float) -> Llama:
    """The weights of both, those of the other one with this share; changes and returns the first."""
    theirs = other.state_dict()
    one.load_state_dict({name: mine.lerp(theirs[name], share) for name, mine in one.state_dict().items()})
    return one


def main() -> None:
    """Read two models and write their mean."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("earlier", type=Path)
    parser.add_argument("later", type=Path)
    parser.add_argument("--share", type=float, default=0.5, help="of the later one")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    (one, tokens), (other, _) = gguf_file.read(options.earlier), gguf_file.read(options.later)
    if one.shape != other.shape:
        raise SystemExit(f"{options.earlier} and {options.later} are models of two shapes")
    gguf_file.write(mean(one, other, options.share), tokens, options.out)


if __name__ == "__main__":
    main()
