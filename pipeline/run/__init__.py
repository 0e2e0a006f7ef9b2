"""The runners: the poller, the steps between the logs (on one machine and as a Beam job), and the deliverer.

`poll` follows the feeds. `steps` has the steps as pure functions, which `local` runs on one machine and `beam` on a
cluster, where `indexer` writes their results. `deliver` plans and sends deliveries. `local` also deletes old records of
the log, `evidence` keeps what articles were read from, and `redrive` retries dead letters. All of them use `loop`,
`logs`, `metrics` and `traces`.
"""
