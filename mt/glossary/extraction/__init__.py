"""Term candidates proposed from aligned text."""
