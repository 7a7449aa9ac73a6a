"""Example texts, written for the suite."""
