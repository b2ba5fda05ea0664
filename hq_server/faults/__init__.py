"""Known faults: what is seen at one station is looked for at all of them, and those it touches are told."""
