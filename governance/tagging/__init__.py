"""Tagging: the catalog of columns with their purposes, and the expectations it must satisfy."""
