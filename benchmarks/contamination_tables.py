"""How often hops, foreign DNA and chance-shared sites are told apart, on tables made without reads.

    python benchmarks/contamination_tables.py [--seeds N] [--first SEED]

Prints one line per design, with counts over all seeds. The toy run is that of the unit tests (`tests/unit/sharing_toy.py`).
"""

import argparse
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "unit"))

from sharing_toy import Design, make_toy
from test_curate_contamination import classify, judged, top_site


def hopping(umi: int, top: float, seed: int) -> Counter[str]:
    """0.1 % of all reads hop; one patient has a dominant clone, and eight sites are truly clones of both."""
    design = Design(dominant={"P1": top}, hop=0.001, n_shared=8, n_molecules=2500, n_clones=250, umi=umi)
    toy = make_toy(design, seed)
    table = judged(toy, classify(toy))
    is_top, aside = table["site_id"] == top_site(toy, "P1"), table["action"] != "kept"
    hops, others = is_top & (table["own"] == 0), ~is_top & (table["own"] == 0)
    large, small = table["own"] >= 5, table["own"].between(1, 4)
    return Counter(
        dominant_hops=int(hops.sum()), called_hop=int((hops & (table["call"] == "hop")).sum()),
        other_hops=int(others.sum()), other_set_aside=int((others & aside).sum()),
        own_5=int(large.sum()), own_5_set_aside=int((large & aside).sum()),
        own_1_to_4=int(small.sum()), own_1_to_4_set_aside=int((small & aside).sum()),
    )  # fmt: skip


def carrying(umi: int, rate: float, seed: int) -> Counter[str]:
    """A share of each patient's molecules is the other's; no site is truly shared."""
    toy = make_toy(Design(carry={("P1", "P2"): rate, ("P2", "P1"): rate}, umi=umi), seed)
    found = classify(toy)
    table = judged(toy, found)
    foreign, own = table[table["own"] == 0], table[table["own"] > 0]
    pairs = found.pairs.drop_duplicates(["subject", "donor_subject"])
    covered = (pairs["carry_over_low"] <= rate) & (pairs["carry_over_high"] >= rate)
    return Counter(
        foreign=len(foreign), called=int((foreign["call"] == "dna_carryover").sum()),
        ambiguous=int((foreign["call"] == "ambiguous").sum()),
        own=len(own), own_set_aside=int((own["action"] != "kept").sum()),
        intervals=len(pairs), intervals_that_hold=int(covered.sum()),
    )  # fmt: skip


def main() -> None:
    """Run all designs."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=5000)
    given = parser.parse_args()
    designs = [(hopping, value) for value in (0.2, 0.6)] + [(carrying, value) for value in (0.005, 0.02)]
    for measure, value in designs:
        for umi in (12, 0):
            total: Counter[str] = Counter()
            for seed in range(given.first, given.first + given.seeds):
                total.update(measure(umi, value, seed))
            print(f"{measure.__name__} {value:g}, UMI of {umi} bases: {dict(total)}", flush=True)


if __name__ == "__main__":
    main()
