"""A model service that says what a script says: agents are tried on it without a key or a network.

It listens on loopback and speaks Chat Completions, Responses, Messages and the Gemini wire, whole
or as a stream. See `whet.testing.model.server.ScriptedModel`.
"""
