"""Alignments to junctions: the host base joined to the vector, and the breakpoint."""
