"""Releases: depersonalized datasets that are planned, approved, published and looked at again."""
