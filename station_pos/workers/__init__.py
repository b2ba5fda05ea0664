"""Threads that work beside the counter: they ask the register and never write by themselves."""
