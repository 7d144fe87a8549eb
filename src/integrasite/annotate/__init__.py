"""Genes, cancer genes and known events near each site."""
