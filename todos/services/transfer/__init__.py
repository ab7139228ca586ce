"""Taking todos in from files, and giving them out as files."""
