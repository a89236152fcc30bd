"""The consent state machine in the database: locks, standings, gates and withdrawals."""
