"""Forks of a small library, with dates: histories that a fork reader has to tell apart."""

from support.repos import user_git, write

KERNEL = """\
#include "kernel.h"
#define COST 100
int kernel_sum(const int *values, int count)
{
    int total = 0;
    for (int index = 0; index < count; index++)
        total += values[index];
    return total;
}

int kernel_scale(int *values, int count, int factor)
{
    for (int index = 0; index < count; index++)
        values[index] = values[index] * factor;
    return count;
}
"""
MIT = "Permission is hereby granted, free of charge, to any person obtaining a copy\n"
FILES = {
    "src/kernel.c": KERNEL,
    "src/kernel.h": "int kernel_sum(const int *values, int count);\n",
    "README.md": "A small library.\n",
    "tests/test_kernel.c": "int main(void) { return 0; }\n",
    "LICENSE": f"MIT License\n\n{MIT}",
}
SIMD = KERNEL.replace(
    "    int total = 0;\n",
    "    int total = 0;\n"
    "    __m256i lanes_of_total = _mm256_setzero_si256();\n"
    "    __builtin_prefetch(values + 64);\n"
    "    total += _mm256_extract_epi32(lanes_of_total, 0);\n",
)
UNROLLED = KERNEL.replace(
    "        values[index] = values[index] * factor;\n",
    "        values[index] = values[index] * factor; /* likely (vector) */\n"
    "#pragma GCC unroll 8\n"
    "    prefetch_the_next_block_of(values, count, factor);\n",
)


def start(path, files=FILES, when="2020-01-01"):
    """A repository with one commit."""
    path.mkdir(parents=True)
    user_git(path, "init", "--quiet", "--initial-branch=main")
    return change(path, files, "start", when)


def change(path, files, message, when="2021-01-01", author="A User", remove=()):
    """One commit, written and committed at a date."""
    write(path, files)
    for name in remove:
        (path / name).unlink()
    user_git(path, "add", "--all", "--force")
    at = f"{when}T12:00:00+0000"
    user_git(path, "commit", "--quiet", "--allow-empty", "-m", message, GIT_AUTHOR_DATE=at,
             GIT_COMMITTER_DATE=at, GIT_AUTHOR_NAME=author)  # fmt: skip
    return user_git(path, "rev-parse", "HEAD")


def fork(upstream, path):
    """A clone that goes its own way."""
    user_git(upstream.parent, "clone", "--quiet", str(upstream), str(path))
    user_git(path, "remote", "remove", "origin")
    return path
