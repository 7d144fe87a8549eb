"""A site in a tandem repeat, with the aligner: mates that seem to overlap do not move the site to the next unit."""

import numpy as np
import pytest
from test_tumour_align import World

UNIT, UNITS, START = 171, 12, 3000
SITE = START + 5 * UNIT + 60


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> World:
    made = World(tmp_path_factory.mktemp("tandem"))
    rng = np.random.default_rng(5)
    unit = rng.integers(0, 4, UNIT).astype(np.uint8)
    for number in range(UNITS):
        copy = unit.copy()
        at = rng.choice(UNIT, 3, replace=False)
        copy[at] = (copy[at] + 1) % 4
        made.host["one"][START + number * UNIT : START + (number + 1) * UNIT] = copy
    from integrasite.align.reference import build_reference
    from integrasite.io.sequences import write_fasta
    from integrasite.kernels.codes import decode

    folder = tmp_path_factory.mktemp("tandem_host")
    write_fasta(folder / "host.fa", [(name, decode(codes)) for name, codes in made.host.items()])
    made.reference = build_reference(folder / "host.fa", {}, folder / "index")
    return made


def test_fragments_longer_than_two_reads_less_a_unit_stay_at_their_site(world):
    from integrasite.kernels.codes import reverse_complement

    codes, begin = world.carrier("one", SITE)
    quality = np.full(150, 37, np.uint8)
    last = begin + world.vector.size  # first host base behind the vector
    pairs = []
    for number, (vector_bases, length) in enumerate(
        (v, n) for v in (60, 90, 110) for n in (350, 390, 417, 440)
    ):
        fragment = codes[last - vector_bases : last - vector_bases + length]
        mates = fragment[:150].copy(), reverse_complement(fragment[-150:])
        pairs.append((f"f{number}", (mates[0], quality), (mates[1], quality)))
    _, junctions, _ = world.run(pairs)
    split = junctions[junctions["kind"] == "split"]
    true = split[split["host_position"] == SITE].groupby("fragment")["weight"].max()
    sure_elsewhere = split[(split["host_position"] != SITE) & (split["weight"] > 0.9)]
    assert true.size == len(pairs), "the true place is among those of every fragment"
    assert not len(sure_elsewhere)
