"""Writes of sites, bookings and assignments, by noun."""
