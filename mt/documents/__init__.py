"""Documents in the formats of offices and of CAT tools: segments out, translations in."""
