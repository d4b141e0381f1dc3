"""Measurements. Ratios against a bare floor in the same run hold; absolute times belong to the machine they were taken on."""
