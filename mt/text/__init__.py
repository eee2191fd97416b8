"""What is true of Chinese and English text alone."""
