"""What every service stands on; knows no kind and no service."""
