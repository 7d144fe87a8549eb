"""Junctions to fragments, sites and multihit clusters."""
