"""Kept changes on top of the project as it is today: rebased, measured again, made branches."""
