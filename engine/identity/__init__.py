"""Who a face or a voice belongs to, as numbers that can be compared."""
