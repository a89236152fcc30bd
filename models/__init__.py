"""What is stored: one file a noun. Postgres is the truth."""
