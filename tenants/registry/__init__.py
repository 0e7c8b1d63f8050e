"""Cities and their domains: create (stamped), suspend, rename; public schema only."""
