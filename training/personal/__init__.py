"""The bundled model for one house: its names, its people's corrections, and a check of what was learnt."""
