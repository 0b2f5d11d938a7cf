"""How well a model understands: judged, scored, drawn, and written down in a model card."""
