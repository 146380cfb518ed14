"""What a campaign says: state in, text out. Pure; whoever calls it reads and writes the files."""
