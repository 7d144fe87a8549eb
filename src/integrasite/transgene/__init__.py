"""The transgene in tumour samples: the vector's map, the fragments that touch it, and what they say."""
