"""integrasite: vector integration sites, their clones and their limits of detection."""

__version__ = "0.1.0"
