"""Thresholds of the tumour road: which reads are evidence of a vector, and what they must amount to."""

from integrasite.config.calling_clones import CloneCalling


class TumourCalling(CloneCalling):
    """Thresholds of the tumour road, each with its reason."""
