"""Erasing a cameo or an account: hidden in one transaction, then destroyed class by class."""
