"""Judge the catalog: one row per column against expectations."""
