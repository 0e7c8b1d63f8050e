"""The operator's API: cities with their figures, their life, the long work on them; never a city's data."""
