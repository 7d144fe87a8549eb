"""Rules that raise findings, each with its source."""
