"""Run by test_notebook.py: executes the notebook where Jupyter would, and keeps it as it then is."""

import sys
from pathlib import Path

import nbclient
import nbformat

if __name__ == "__main__":
    path, target = map(Path, sys.argv[1:])
    notebook = nbformat.read(path, as_version=4)
    client = nbclient.NotebookClient(notebook, timeout=900, resources={"metadata": {"path": str(path.parent)}})
    try:
        client.execute()
    finally:
        nbformat.write(notebook, target)
