"""How long the fragment-length estimator takes on 4 million fragments.

    python benchmarks/abundance_speed.py --fragments 4000000 --sites 1000000

Fragments are spread over log-normal clones (about 700,000 of a million are seen), four replicates and log-normal
lengths. Printed: what was drawn, seconds of wall clock and of CPU for the fit, its cycles, and the bar.
"""

import argparse
import time

import numpy as np

from integrasite.abundance.bins import collect_bins
from integrasite.abundance.sonic import fit_sonic

LONGEST_SECONDS = 10.0
"""Accepted for 4 million fragments on two cores that do nothing else."""


def main() -> None:
    """Draw, fit, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--fragments", type=int, default=4_000_000)
    parser.add_argument("--sites", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    rng = np.random.default_rng(arguments.seed)
    weights = rng.lognormal(0.0, 1.5, arguments.sites)
    counts = rng.multinomial(arguments.fragments, weights / weights.sum())
    drawn = np.repeat(np.arange(arguments.sites), counts)
    site = np.unique(drawn, return_inverse=True)[1]
    length = np.clip(rng.lognormal(5.2, 0.45, site.size), 20, 1500).astype(np.int64)
    replicate = rng.integers(0, 4, site.size)
    n_sites = int(site.max()) + 1
    wall, cpu = time.perf_counter(), time.process_time()
    bins = collect_bins(site, replicate, length, n_sites, 4)
    fit = fit_sonic(bins)
    seconds, worked = time.perf_counter() - wall, time.process_time() - cpu
    error = fit.theta.sum() / arguments.fragments - 1
    print(f"{arguments.fragments} fragments, {n_sites} sites, {bins.site.size} bins, {fit.n_cycles} cycles")
    print(f"{seconds:.1f} s ({worked:.1f} s of CPU); cells over fragments - 1: {error:.4f}")
    print(
        f"{'met' if seconds <= LONGEST_SECONDS else 'MISSED'}: {seconds:.1f} s, accepted {LONGEST_SECONDS} s"
    )


if __name__ == "__main__":
    main()
