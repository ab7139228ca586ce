"""What can be done to accounts. Doors call these and nothing below."""
