"""Term bases read from and written to files."""
