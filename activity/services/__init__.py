"""Writing history down, keeping it, and reading it. Doors and other apps call these and nothing below."""
