"""Cities as tenants: accounts, registry, bureau."""
