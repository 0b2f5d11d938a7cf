"""Engines: what turns a marked sentence into lines of the output language.

`base.py` says what an engine is; `local.py` runs llama.cpp in a child process (`process.py`), which is `worker.py` over
`decode.py` (which line comes next) and `llama.py` (one llama.cpp context).
"""
