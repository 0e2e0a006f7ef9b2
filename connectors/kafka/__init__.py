"""The cluster profile's log, desk and outbox on Kafka."""
