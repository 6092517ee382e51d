"""What Paxzar does by itself: pulls, the outbox relay, probes, and the clock that starts them. One lane an account."""
