"""Who looks for evidence: one module for each place, and the two doors they look through."""
