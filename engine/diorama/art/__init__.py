"""Diorama's art: openly licensed pictures of subjects, what they are called, and how they stand in a scene."""
