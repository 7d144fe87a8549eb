#!/bin/sh
# Makes the demo's genome, reads, truth, config and sheet again, byte for byte. `integrasite` must be on PATH.
set -eu
cd "$(dirname "$0")/.."
integrasite simulate genome -o test-data --seed 20260131
integrasite simulate amplicon -o test-data --config-out config --seed 20260131 \
    --scenario test-data/demo-scenario.yaml --genome test-data/genome.fa.gz --annotation test-data/annotation.gtf.gz \
    --repeats test-data/repeats.bed --vector test-data/vector.fa --run-id demo --date 2026-01-31 --compression 9
