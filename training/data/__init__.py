"""The sentences that a model learns from and is tested with: what people wrote (`phrases/`), said in random homes."""
