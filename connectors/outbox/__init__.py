"""Outboxes: where deliveries wait and are remembered, one technology a file."""
