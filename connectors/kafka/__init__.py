"""The cluster profile's log, desk and outbox on Kafka.

`log` and `desk` are the adapters. `cluster` creates topics and holds the clients, whose settings are in `clients`.
`member` shares work among processes, and `table` reads a compacted topic as a table.
"""
