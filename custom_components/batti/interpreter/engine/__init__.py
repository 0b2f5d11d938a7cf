"""Engines: they turn a marked sentence into lines of the output language.

`interface.py` says what an engine is. `decode.py` decides which line comes next; it asks questions (`questions.py`) that a
model answers. `local.py` runs a model in a child process (`process.py`, `worker.py`, `model.py`), through llama-cpp-python
(`llama.py`, `evaluator.py`) or xllamacpp (`xllama.py`, `completions.py`); `server.py` asks a llama.cpp server (`client.py`,
`completions.py`).
"""
