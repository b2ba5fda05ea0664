"""The station's end of the exchange with HQ: what to say next, how to carry it, and the witness of how far HQ holds."""
