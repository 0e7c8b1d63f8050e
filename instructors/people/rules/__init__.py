"""Pure rules of the register: grades, promotion, free times, identity numbers, files."""
