"""What open feeds hear."""
