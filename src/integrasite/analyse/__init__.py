"""Statistics over clones: diversity and limits of detection."""
