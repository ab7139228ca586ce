"""Pure functions: no ORM, no clock, no settings."""
