"""What is known, and what may start now. Pure."""
