"""Writes of the register, by noun: people, standing, free times, imports."""
