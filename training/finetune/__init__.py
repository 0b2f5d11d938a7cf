"""Fine-tuning with LoRA, mainly of Llama 3.2 1B.

    python -m training.finetune --recipe RECIPE --data DATA --out OUT        # (`train.py`)

- `bases.py`: loads a base model; `adapter.py`: adds a LoRA adapter, and saves it; `hardware.py`: what the machine can do
- `llama3.py`: Llama 3's tokeniser; `chat.py`, `encoded.py`: lines of the data set as tokens, rows and batches
- `anchored.py`: a loss against forgetting; `greedy.py`: exact match of greedy answers; `curves.py`: the plot of a run
- `cost.py` (a command): time, memory and price, computed; `hub_dataset.py` (a command): the data set for Hugging Face
- `notebook.py`: helpers of `finetune_llama32_1b.ipynb`
"""
