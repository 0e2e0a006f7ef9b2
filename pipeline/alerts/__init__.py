"""Who must be alerted to a statement, when, and how."""
