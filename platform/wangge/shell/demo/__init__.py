"""Two demo cities made from nothing through the product's own services: files, imports, plans, review, coverage."""
