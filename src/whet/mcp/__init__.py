"""whet for agents over the Model Context Protocol; only `whet mcp` imports this."""
