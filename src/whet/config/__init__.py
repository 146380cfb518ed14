"""`whet.toml`: decoded strictly into `whet.model.config`, edited with its comments, first written.

`load` reads it, `edit` changes it, `start` writes the first one from what `detect` found.
"""
