"""`app` for any WSGI server; `python app.py` serves it as `auditdash serve` does."""

import sys

from auditdash.cli.main import main
from auditdash.factory import create_app

app = create_app()

if __name__ == "__main__":
    main(["serve", *sys.argv[1:]])
