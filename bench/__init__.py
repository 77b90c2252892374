"""Benchmarks: the built site beside what it replaces and beside native Datasette."""
