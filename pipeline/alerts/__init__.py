"""Who must be alerted to a statement, when, and how.

`match` finds the watches that a decision meets, `triggers` what each alerts about, `schedule` when an alert goes out.
`planner` turns alerts into deliveries, `digests` groups them, `deliver` sends them and `retry` decides on failures.
"""
