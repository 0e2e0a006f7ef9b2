"""The cluster profile's index on Elasticsearch.

`index` is the adapter: `store` writes and reads records, `search` translates queries. `generations` names the indices
and versions `mapping.json`, `lifecycle` rebuilds, rolls over, snapshots and deletes them, and `client` connects.
"""
