"""The runners: the steps between the logs, on one machine and as a Beam job."""
