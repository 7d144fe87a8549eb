"""Libraries with a known truth."""
