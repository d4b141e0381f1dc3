"""Pure values: names, schemas, plans, receipts, findings, errors. Standard library only, no I/O."""
