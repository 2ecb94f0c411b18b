"""What an operator sees and steers: channels, status, devices, due records. HTTP for the CLI and the console."""
