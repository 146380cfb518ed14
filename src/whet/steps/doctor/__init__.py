"""Is the benchmark telling the truth? Controls in the order they are cheap, each in trials.

`examine` is the only order; every section has a file of its own. Pure: `language`, `functions`,
`delay`, `mutation`, `scripts`. `probe` runs inside the jail and knows nothing of whet.
"""
