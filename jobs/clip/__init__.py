"""One generation in a worker, from the claim to the draft."""
