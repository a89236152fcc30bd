"""What chores work out from what members did: counts, quality, taste, meaning, leaderboards."""
