"""Tests of training/ that need no PyTorch."""
