"""Shrinks models and measures what that costs."""
