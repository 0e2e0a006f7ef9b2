"""Decide when to poll a feed, which request to send, and what to remember of the response.

`schedule` decides when, `fetch` makes the requests, `state` is what the machine remembers, `health` what it reports.
`pipeline.run.poll` runs them.
"""
