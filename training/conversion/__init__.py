"""Published weights that come with the suite, turned into the files it reads: a program for each."""
