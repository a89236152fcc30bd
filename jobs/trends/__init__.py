"""What rises, and how videos come into it."""
