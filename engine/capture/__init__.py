"""The recording of a person: its challenge, its checks, and the process that opens foreign bytes."""
