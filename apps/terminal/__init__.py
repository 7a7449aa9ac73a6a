"""The terminal's commands: each reads its input, asks one wrapper, and prints the result."""
