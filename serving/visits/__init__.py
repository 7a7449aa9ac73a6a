"""A running suite as its visitors' browsers see it."""
