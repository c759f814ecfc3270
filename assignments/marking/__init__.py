"""Build and grade assignments: `python -m assignments`."""
