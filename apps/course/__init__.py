"""The course: walkthroughs and quizzes beside the pages, read from the files of `courses/`."""
