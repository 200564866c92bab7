"""`python -m lambda_rlm` is `lambda-rlm`."""

from __future__ import annotations

from lambda_rlm.cli import main

if __name__ == "__main__":
    main()
