"""The comparison written down: JSON, Markdown and one HTML file."""
