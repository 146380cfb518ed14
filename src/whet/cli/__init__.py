"""The command line: parse, call one function of `whet.api`, render."""
