"""Bundles of all that is a member's."""
