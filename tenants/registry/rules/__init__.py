"""Pure rules of cities: names, states."""
