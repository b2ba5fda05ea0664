"""What the station keeps on its disk: both journals, the projections derived from them, the print spool, references."""
