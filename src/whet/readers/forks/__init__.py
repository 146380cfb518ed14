"""What forks have and the target lacks: read from their commits, never by running them."""
