"""The loss, optimisers, learning-rate schedules and averaged weights."""
