"""The one way to call git: nothing of the user's checkout is touched, nothing of theirs is run."""
