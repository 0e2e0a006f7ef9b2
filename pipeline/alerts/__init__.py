"""Decide who must be alerted to a statement, when, and how.

`match` finds the watches that a decision meets, `speakers` the spikes and silences of speakers. `schedule` decides when
an alert goes out and after a failure, `brief` writes the daily mail, and `advice` asks for translations and reviews.
`triage` holds what people do with alerts, and `preview` tries a watch on the record. `pipeline.run.deliver` plans and
sends deliveries.
"""
