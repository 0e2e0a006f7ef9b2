"""The runners: the poller, the steps between the logs (on one machine and as a Beam job), and the deliverer."""
