"""The cluster's runner: a Beam job. Only here is Beam imported."""
