"""Training of the model that finds names of Chinese persons (``mt.text.person_names``)."""
