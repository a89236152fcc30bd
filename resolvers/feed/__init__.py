"""Feeds in four named steps: skeleton, hydrate, rules, present."""
