"""Where a benchmark spends its time: asked of a worker, and kept beside the ledgers."""
