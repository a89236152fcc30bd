"""What answers: one file a noun, taking plain values and returning rows."""
