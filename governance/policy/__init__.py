"""The declared policy: load it, check it, compare two versions of it."""
