"""What teaching with pictures is made of: labelled pictures, where they come from, what learns, and what came out."""
