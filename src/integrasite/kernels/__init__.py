"""Hot loops over arrays, compiled by numba; each has a slow twin in `reference`."""
