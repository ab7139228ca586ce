"""Other people's files of todos, and ours: each format reads into the same records, and writes them. Pure."""
