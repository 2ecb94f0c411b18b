"""A container's health check: exits 0 when the role behind the port given is ready, else 1 with what is missing."""

import sys
import urllib.error
import urllib.request

try:
    urllib.request.urlopen(f"http://127.0.0.1:{int(sys.argv[1])}/readyz", timeout=3)
except urllib.error.HTTPError as error:
    sys.exit(error.read().decode())
except OSError as error:
    sys.exit(str(error))
