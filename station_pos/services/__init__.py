"""What the screens see of each service beside bill payments: a protocol and its frozen rows, one module for each."""
