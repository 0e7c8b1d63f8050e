"""Pure rules of base grids: size, land, leader, code and the life of a plan."""
