"""Contamination between libraries: how often it happens, and which sites it made."""
