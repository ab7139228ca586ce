"""What can be done to projects, todos and labels. Doors call these and nothing below."""
