"""Host and vector in one reference, and the places that a molecule fits."""
