"""Searching hyperparameters: what is tried, the study, and what is written of it."""
