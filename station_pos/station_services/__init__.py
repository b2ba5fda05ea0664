"""The services' parts of the real counter, over the register and the store; one module for each."""
