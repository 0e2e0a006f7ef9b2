"""The Beam job. No other room imports Beam."""
