"""Pure rules of sites, bookings, assignment and ranking."""
