"""Everything a person sees: the pages, what they share, and the terminal."""
