"""What no user imports: argument checks, registry, configuration, progress, file writing."""
