"""Dispose of what is due: lifetimes per cell, frozen work, receipts, verification; requests go the same way."""
