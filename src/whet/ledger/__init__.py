"""The append-only record of a campaign: the only truth."""
