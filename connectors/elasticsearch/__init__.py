"""The cluster profile's index on Elasticsearch."""
