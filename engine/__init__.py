"""The Python that runs beside Datasette in the browser; import from the module that owns a name."""
