"""The vocabulary: coordinates, libraries, fates and the columns of every table."""
