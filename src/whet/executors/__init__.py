"""Places that run trials."""
