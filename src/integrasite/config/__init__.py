"""Config, sample sheet and study: read, checked as a whole, resolved."""
