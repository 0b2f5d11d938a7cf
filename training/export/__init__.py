"""Exports a trained model as GGUF files for Batti: merged, quantised, compared.

    python -m training.export RUN_OR_ADAPTER --out OUT        # (`command.py`)

- `release.py`: all steps for an adapter, with a model card
- `merge.py`: the adapter merged into its base; `to_gguf.py`: the merged model as GGUF
- `quantise.py` (a command): quantises a GGUF; `drift.py` (a command): what quantising changes in the answers
"""
