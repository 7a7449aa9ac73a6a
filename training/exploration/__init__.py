"""What is in somebody's data, before anything is trained on it: tables of texts, folders of pictures, hub datasets."""
