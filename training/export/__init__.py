"""A trained model becomes files that a house can use: merged, quantised, compared."""
