"""Ratios against what a user would take instead, measured in one run on the machine at hand."""
