"""Demonstration of a whole day: HQ, a station, and the outside parties around them."""
