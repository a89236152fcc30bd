"""What clients see: one file a noun. Each class binds fields; the resolver of the same noun works."""
