"""Faces of sites, bookings and assignments."""
