"""What a user can ask for: one typed function each. Faces parse, call one of these, and render."""
