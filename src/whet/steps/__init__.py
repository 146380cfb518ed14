"""How each step is performed: the effects, in order. `drive` is the only loop."""
