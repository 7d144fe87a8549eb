"""How many cells carry each site, with intervals."""
