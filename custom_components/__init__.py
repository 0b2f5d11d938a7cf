"""Home Assistant loads its custom integrations from here."""
