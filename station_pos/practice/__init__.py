"""Practice mode: the real counter on a folder, a number series and an HQ of its own, with failures to drill.

Register, books, printing and screens are the ones that sell. What stands around them is played here: an HQ with a key
that no real HQ knows, billers that always answer in the end, and a printer simulator on a pseudo-terminal. There is no
line to anywhere.
"""
