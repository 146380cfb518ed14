"""What tests and simulations share: fakes for the ports, and machines whose noise is known."""
