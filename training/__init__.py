"""Transfer learning: how the weights that come with the suite were made, and how a class makes its own."""
