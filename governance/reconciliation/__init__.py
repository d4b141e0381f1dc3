"""Feeds of third parties become field values of customers, through gates, and can be taken back."""
