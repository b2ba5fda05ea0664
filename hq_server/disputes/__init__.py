"""Corrections that HQ proposes, and the cases that stations open: who looks into them, by when, and what was found."""
