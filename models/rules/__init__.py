"""Who may see and use what: each rule once, as a `Q` over one table's own columns."""
