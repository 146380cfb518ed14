"""Make any project with a benchmark and tests faster, with verdicts you can trust."""
