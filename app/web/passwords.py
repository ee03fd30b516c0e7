"""A password's hash: `make password` makes one, and the sign-in compares with one in a process of its own.

Scrypt takes long and holds its thread, which is that of every push; so does it in an own process, two at a time.
"""

import getpass
import hashlib
import hmac
import secrets
import subprocess
import sys
from threading import BoundedSemaphore

LEAST = 10
COST = (32768, 8, 1)
AT_ONCE = BoundedSemaphore(2)


def scrypt(password: str, salt: str, n: int, r: int, p: int) -> str:
    memory = 132 * n * r * p
    return hashlib.scrypt(password.encode(), salt=salt.encode(), n=n, r=r, p=p, maxmem=memory, dklen=64).hex()


def hashed(password: str) -> str:
    """`scrypt:n:r:p$salt$hex`, as werkzeug.security writes it."""
    salt = secrets.token_hex(8)
    return f"scrypt:{':'.join(map(str, COST))}${salt}${scrypt(password, salt, *COST)}"


def matches(password: str, kept: str) -> bool:
    method, salt, digest = kept.split("$")
    n, r, p = map(int, method.split(":")[1:])
    return hmac.compare_digest(scrypt(password, salt, n, r, p), digest)


def matches_in_subprocess(password: str, kept: str) -> bool:
    """As `matches`, while this process goes on with other things."""
    with AT_ONCE:
        child = subprocess.Popen([sys.executable, "-I", "-S", __file__, "compare"], stdin=subprocess.PIPE)
        with child:
            assert child.stdin is not None
            child.stdin.write(f"{kept}\n{password}".encode())
            child.stdin.close()
            return child.wait() == 0


def compare() -> int:
    kept, _, password = sys.stdin.buffer.read().decode().partition("\n")
    return 0 if matches(password, kept) else 1


def asked() -> str:
    """What is typed twice and not shown, or the one line that a program sends."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().strip()
    first = getpass.getpass("The board's password: ").strip()
    if getpass.getpass("Once more: ").strip() != first:
        sys.exit("Those were two different passwords, so nothing was made.")
    return first


def main() -> int:
    if sys.argv[1:] == ["compare"]:
        return compare()
    if len(sys.argv) > 1:
        sys.exit("A password does not belong on a command line, where others can read it: it is asked for.")
    password = asked()
    if len(password) < LEAST:
        sys.exit(f"A password has at least {LEAST} characters.")
    print("This line goes into .env, in the place of DASHBOARD_PASSWORD:", file=sys.stderr)  # noqa: T201
    print(f"DASHBOARD_PASSWORD_HASH='{hashed(password)}'")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
