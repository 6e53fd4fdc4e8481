# SPDX-License-Identifier: GPL-3.0-or-later
"""Look for bytes that break a reader: `python -m tests.fuzz codec --seconds 120`. Needs atheris (`pip install atheris`).

What breaks one is put beside the kept corpus as `broken-…`: mend the reader, keep the file.
"""

import argparse
import sys
import tempfile
from hashlib import blake2b
from pathlib import Path

from tests.fuzz.seeds import CORPUS, write_seeds
from tests.fuzz.targets import TARGETS


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("target", choices=[*TARGETS, "seeds"])
    parser.add_argument("--seconds", type=int, default=120)
    wanted = parser.parse_args()
    if wanted.target == "seeds":
        write_seeds()
        return
    look(wanted.target, wanted.seconds)


def look(name: str, seconds: int) -> None:
    """Ends the process, as libFuzzer does."""
    try:
        import atheris
    except ImportError:
        sys.exit("atheris is not here. Install it with: pip install atheris")
    atheris.instrument_all()
    target = TARGETS[name]

    def one(data: bytes) -> None:
        try:
            target(data)
        except BaseException:
            kept = CORPUS / name / f"broken-{blake2b(data, digest_size=6).hexdigest()}"
            kept.write_bytes(data)
            raise

    found = Path(tempfile.mkdtemp(prefix=f"posta-fuzz-{name}-"))
    options = [
        "-print_final_stats=1",
        f"-max_total_time={seconds}",
        "-max_len=8192",
        "-rss_limit_mb=2048",
        f"-artifact_prefix={found}/",
    ]
    atheris.Setup([sys.argv[0], *options, str(found), str(CORPUS / name)], one)
    print(f"what is new goes to {found}", flush=True)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
