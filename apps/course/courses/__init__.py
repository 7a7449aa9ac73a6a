"""The courses as ordered lists of walkthroughs."""
