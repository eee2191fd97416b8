"""Files: written whole or not at all, and XML read without its dangers."""
