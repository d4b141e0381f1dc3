"""Suites of expectations as YAML, judged by Great Expectations: the catalog, feeds, releases, golden records."""
