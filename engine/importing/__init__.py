"""Reading the file formats that become tables."""
