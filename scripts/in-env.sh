#!/bin/sh
# Run a command with the environment that `make setup` made first on PATH: sh scripts/in-env.sh snakemake --cores 2
set -eu
bin=$(sh "$(dirname -- "$0")/setup.sh" --bin)
PATH=$bin:$PATH
export PATH
exec "$@"
