"""What a person reads; computes nothing that is not in the tables."""
