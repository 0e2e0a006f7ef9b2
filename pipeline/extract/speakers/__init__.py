"""Resolution of a speaker phrase to a person or organisation."""
