"""Builders of test data, one module a domain."""
