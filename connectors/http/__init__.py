"""The HTTP client: guarded addresses, throttled hosts, robots.txt."""
