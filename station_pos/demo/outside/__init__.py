"""Outside parties: a biller, a receipt printer and a bad telephone line, each a process with books of its own.

Nothing here imports the product: what these programs observe is evidence only because they know nothing of us.
"""
