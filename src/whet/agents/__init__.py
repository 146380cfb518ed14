"""Coding agents behind the port."""
