#!/bin/sh
# Set up all that integrasite needs; a second call finds it done and returns at once.
#
#   sh scripts/setup.sh         set up: into the active conda environment, or else into .venv/
#   sh scripts/setup.sh --bin   print the folder with the environment's programs, change nothing
#
# PYTHON=/path/to/python3 chooses the Python that .venv/ is made with.
set -eu
CDPATH='' cd -- "$(dirname -- "$0")/.."
root=$(pwd)

programs="bwa bedtools" # what the rules start; samtools is nice to have beside them, but nothing needs it
oldest="3.11"

say() { printf 'integrasite set-up: %s\n' "$*" >&2; }

# conda's base holds conda itself, so it is never installed into.
in_conda() { [ -n "${CONDA_PREFIX:-}" ] && [ -x "$CONDA_PREFIX/bin/python" ] && [ "${CONDA_DEFAULT_ENV:-}" != base ]; }

if in_conda; then env=$CONDA_PREFIX; else env=$root/.venv; fi
[ "${1:-}" != --bin ] || { printf '%s\n' "$env/bin"; exit 0; }

stamp=$env/integrasite-setup.stamp
wanted=$(cat pyproject.toml constraints.txt environment.yml | cksum && printf '%s\n' "$root")

is_new_enough() { "$1" -c "import sys; sys.exit(sys.version_info < (${oldest%.*}, ${oldest#*.}))" >/dev/null 2>&1; }
has_venv() { "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; }

# Works, and lies where it was made: the programs of an environment name its folder.
is_sound() {
    { [ ! -f "$stamp" ] || [ "$(sed 1d "$stamp")" = "$root" ]; } &&
        is_new_enough "$env/bin/python" && "$env/bin/python" -c 'import pip' >/dev/null 2>&1
}

missing_programs() (
    PATH=$env/bin:$PATH
    for program in $programs; do command -v "$program" >/dev/null 2>&1 || printf '%s ' "$program"; done
)

find_python() {
    for candidate in ${PYTHON:+"$PYTHON"} python3 python3.14 python3.13 python3.12 python3.11; do
        if command -v "$candidate" >/dev/null 2>&1 && is_new_enough "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
}

# Debian packages for what is missing; python3-venv is a package of its own there.
missing_packages() {
    python=$(find_python)
    if [ -z "$python" ]; then
        printf 'python3 python3-venv '
    elif ! has_venv "$python"; then
        "$python" -c 'import sys; print(f"python3.{sys.version_info.minor}-venv", end=" ")'
    fi
    missing_programs
}

conda_tool() {
    for tool in mamba conda micromamba; do
        if command -v "$tool" >/dev/null 2>&1; then printf '%s\n' "$tool"; return; fi
    done
}

give_up() {
    python=$(find_python)
    if [ -z "$python" ]; then
        found=$(python3 --version 2>/dev/null || echo "no python3")
        say "Python $oldest or newer is missing (found: $found); PYTHON=/path/to/python3 names another one"
    elif ! has_venv "$python"; then
        say "$python lacks the modules venv and ensurepip"
    fi
    programs_missing=$(missing_programs)
    [ -z "$programs_missing" ] || say "not on PATH: $programs_missing"
    cat >&2 <<EOF
To get what is missing, do one of these, then run the same command again:
  Debian, Ubuntu:  sudo apt-get update && sudo apt-get install -y --no-install-recommends $(missing_packages)
  conda, mamba:    conda env create -f environment.yml && conda activate integrasite
EOF
    exit 2
}

install_packages() {
    say "installing with apt-get: $*"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q >&2 && apt-get install -q -y --no-install-recommends "$@" >&2 || say "apt-get failed"
}

update_conda_env() {
    tool=$(conda_tool)
    [ -n "$tool" ] || { say "CONDA_PREFIX is set, but there is no mamba or conda on PATH"; exit 2; }
    say "$tool: packages of environment.yml into $env"
    case $tool in
    micromamba) micromamba install -y -p "$env" -f environment.yml >&2 ;;
    *) "$tool" env update -p "$env" -f environment.yml >&2 ;;
    esac
}

create_conda_env() {
    say "$1: new environment with the packages of environment.yml in $env"
    rm -rf "$env"
    case $1 in
    micromamba) micromamba create -y -p "$env" -f environment.yml >&2 ;;
    *) "$1" env create -y -p "$env" -f environment.yml >&2 ;;
    esac
}

create_venv() {
    python=$(find_python)
    say "making .venv with $python"
    "$python" -m venv "$env" || give_up
}

# The versions that were tested come first; where a registry lacks one of them, newer ones are tried.
install_python_packages() {
    say "installing integrasite and its Python packages into $env"
    if [ -d "$env/conda-meta" ]; then
        "$env/bin/python" -m pip install -q --disable-pip-version-check -e ".[dev]" >&2
        return
    fi
    "$env/bin/python" -m pip install -q --disable-pip-version-check -c constraints.txt -e ".[dev]" >&2 && return
    say "not all versions of constraints.txt can be had here; trying without them"
    "$env/bin/python" -m pip install -q --disable-pip-version-check -e ".[dev]" >&2
}

if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && [ -z "$(missing_programs)" ] && [ -x "$env/bin/python" ]; then
    exit 0
fi

if ! in_conda && [ -d "$env" ] && ! is_sound; then
    say "$env was moved or is broken: making it again"
    rm -rf "$env"
fi

if in_conda; then
    if [ -n "$(missing_programs)" ] || ! "$env/bin/python" -c 'import numba, pip, pysam, snakemake' >/dev/null 2>&1; then
        update_conda_env
    fi
    is_new_enough "$env/bin/python" || { say "$("$env/bin/python" --version) in $env; $oldest or newer is needed"; exit 2; }
elif [ ! -d "$env" ] || [ -n "$(missing_programs)" ]; then
    packages=$(missing_packages)
    if [ -n "$packages" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        # shellcheck disable=SC2086  # a list of package names
        install_packages $packages
        packages=$(missing_packages)
    fi
    if [ -n "$packages" ]; then
        tool=$(conda_tool)
        [ -n "$tool" ] || give_up
        create_conda_env "$tool"
    elif [ ! -d "$env" ]; then
        create_venv
    fi
fi

install_python_packages
printf '%s\n' "$wanted" >"$stamp"
say "done"
