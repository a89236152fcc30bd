"""One recording in a worker, from the claim to a version of a cameo."""
