"""How the diorama model is made: a generator of well-animated scenes, the training loop, and the measurement."""
