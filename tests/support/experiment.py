"""A task file in the form of SkyPilot's example for code optimisation, in words of our own.

Its keys, its variables and the lines that it prints are the example's.
"""

TASK = """\
resources:
  cpus: 2+
  memory: 1+

workdir: .

envs:
  EXPERIMENT_ID: baseline
  EXPERIMENT_DESC: "what it is without a change"
  BUILD_CMD: "make -j$(nproc)"
  BENCH_TIMEOUT: 60
  CHECK_TIMEOUT: 60

setup: |
  cd ~/sky_workdir
  if [ -f setup_deps.sh ]; then
    bash setup_deps.sh
  else
    eval "${BUILD_CMD}"
  fi

run: |
  cd ~/sky_workdir
  set -o pipefail
  if ! eval "${BUILD_CMD}" 2>&1 | tail -30; then
    echo "EXPERIMENT_STATUS: crash"
    echo "EXPERIMENT_ERROR: build failed"
    exit 0
  fi
  OUTPUT=$(timeout "${BENCH_TIMEOUT}" bash autoresearch.sh 2>&1) || {
    echo "EXPERIMENT_STATUS: crash"
    echo "EXPERIMENT_ERROR: benchmark failed (exit $?)"
    exit 0
  }
  METRICS=$(echo "$OUTPUT" | grep -E '^METRIC\\s+\\S+=\\S+' || true)
  if timeout "${CHECK_TIMEOUT}" bash autoresearch.checks.sh; then
    echo "CHECKS_STATUS: passed"
    STATUS=done
  else
    echo "CHECKS_STATUS: failed (exit $?)"
    STATUS=checks_failed
  fi
  echo "EXPERIMENT_ID: ${EXPERIMENT_ID}"
  echo "$METRICS"
  echo "EXPERIMENT_STATUS: ${STATUS}"
"""
FILES = {
    "experiment.yaml": TASK,
    "Makefile": "prog: work.c\n\tcc -o prog work.c\n",
    ".gitignore": "/prog\n/.whet/\n",
    "autoresearch.sh": "#!/bin/bash\n./prog\n",
    "autoresearch.checks.sh": "#!/bin/bash\n./prog --check\n",
}
"""What a project has that was set up for it."""


def source(cost, answer=42, prints=""):
    """The program: what it costs, and whether its answer is right."""
    return {
        "work.c": f"""\
#include <stdio.h>
#include <sys/random.h>
int main(int argc, char **argv) {{
    if (argc > 1) return {answer} != 42;
    unsigned char noise = 0;
    if (getrandom(&noise, 1, 0) != 1) return 1;
    printf("METRIC cost=%.9g\\n", {cost} * (1.0 + noise * 1e-5));
    {prints}
    return 0;
}}
"""
    }
