"""What words mean to consent: restrictions, preferences and names. No torch, no store: the API process may load it."""
