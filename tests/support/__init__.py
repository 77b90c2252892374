"""What several browser tests and the benchmarks need: a site, another host, a browser."""
