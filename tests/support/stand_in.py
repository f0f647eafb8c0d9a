"""A base image to stand in for busybox, alpine, debian and the like: a static
busybox with its applets and the few files that any distribution has."""

import gzip
import hashlib
import io
import json
import shutil
import struct
import subprocess
import tarfile

MEDIA_TYPE = "application/vnd.oci.image"
PLATFORMS = ({"architecture": "amd64", "os": "linux"}, {"architecture": "arm64", "os": "linux"},
             {"architecture": "arm", "os": "linux", "variant": "v7"},
             {"architecture": "386", "os": "linux"}, {"architecture": "ppc64le", "os": "linux"},
             {"architecture": "s390x", "os": "linux"})
HISTORY = [{"created_by": "stand-in"}, {"created_by": "CMD sh", "empty_layer": True}]
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# e_machine of ELF headers; the programs of all platforms are this machine's.
MACHINES = {"amd64": 62, "arm64": 183}
FOLDERS = {"bin": 0o755, "dev": 0o755, "etc": 0o755, "home": 0o755, "home/podman": 0o755, "lib": 0o755, "lib64": 0o755, "proc": 0o755,
           "root": 0o700, "run": 0o755, "sbin": 0o755, "sys": 0o755, "tmp": 0o1777,
           "usr": 0o755, "usr/bin": 0o755, "usr/lib": 0o755, "usr/local": 0o755,
           "usr/local/bin": 0o755, "usr/sbin": 0o755, "var": 0o755, "var/log": 0o755,
           "var/tmp": 0o1777}
TEXTS = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\n"
                  "daemon:x:1:1:daemon:/usr/sbin:/bin/false\n"
                  "bin:x:2:2:bin:/bin:/bin/false\n"
                  "lp:x:7:7:lp:/var/spool/lpd:/bin/false\n"
                  "mail:x:8:8:mail:/var/mail:/bin/false\n"
                  "www-data:x:33:33:www-data:/var/www:/bin/false\n"
                  "nobody:x:65534:65534:nobody:/home:/bin/false\n",
    "etc/group": "root:x:0:\ndaemon:x:1:\nbin:x:2:\nadm:x:4:\nlp:x:7:\nmail:x:8:\n"
                 "wheel:x:10:root\nusers:x:100:\nwww-data:x:33:\n"
                 "nobody:x:65534:\nnogroup:x:65534:\n",
    "etc/alpine-release": "3.18.0\n",
    "home/podman/testimage-id": "20221018\n",
    "etc/os-release": 'ID=busybox\nNAME="busybox"\nVERSION_ID=1\n',
}

# What busybox may lack and the real images have, as far as the cases use it.
SCRIPTS = {
    "bin/bash": """#!/bin/sh
exec /bin/sh "$@"
""",
    "usr/bin/readelf": """#!/bin/sh
# readelf -h FILE...: the machine alone.
shift
for file; do
  case $(od -An -tu2 -j18 -N2 "$file" | tr -d ' ') in
    62) machine="Advanced Micro Devices X86-64" ;;
    183) machine=AArch64 ;;
    *) machine="<unknown>" ;;
  esac
  printf '  Machine:                           %s\\n' "$machine"
done
""",
    "usr/bin/script": "#!/bin/sh\n",
    "usr/sbin/adduser": """#!/bin/sh
# adduser [-D] [-h HOME] NAME: the next free id, and a group of the same name.
home= name=
while [ $# -gt 0 ]; do
  case $1 in
    -h) home=$2; shift ;;
    -*) ;;
    *) name=$1 ;;
  esac
  shift
done
: "${name:?}" "${home:=/home/$name}"
id=1000
while grep -q "^[^:]*:[^:]*:$id:" /etc/passwd /etc/group; do id=$((id + 1)); done
echo "$name:x:$id:$id::$home:/bin/sh" >> /etc/passwd
echo "$name:x:$id:" >> /etc/group
mkdir -p "$home" && chown "$id:$id" "$home"
""",
}


def busybox():
    """The program's path, or None where there is none that runs anywhere."""
    return _static_program("busybox")


def bash():
    """The same of bash (Debian: bash-static)."""
    return _static_program("bash-static")


def _static_program(name):
    path = shutil.which(name)
    if path is None:
        return None
    with open(path, "rb") as file:
        # A dynamic one names its loader in the first pages.
        return None if b"ld-linux" in file.read(4096) else path


def _applets(program):
    names = subprocess.run([program, "--list"], check=True, capture_output=True, text=True)
    return sorted(set(names.stdout.split()) - {"busybox"})


def _c_library(architecture):
    """Of a C library the ELF header's start, which says for what machine it is."""
    return b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HHI", 3, MACHINES.get(architecture, 0), 1)


def layer_tar(program, architecture="amd64", shell=None):
    """The layer, uncompressed; a program does not mind what follows it, and tells one
    architecture's from another's. `shell` is a bash to be /bin/sh."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        def add(name, kind, mode, content=b"", target=""):
            member = tarfile.TarInfo(name)
            member.type, member.mode, member.linkname = kind, mode, target
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))

        for name, mode in FOLDERS.items():
            add(name, tarfile.DIRTYPE, mode)
        with open(program, "rb") as file:
            add("bin/busybox", tarfile.REGTYPE, 0o755, file.read() + architecture.encode())
        scripts = dict(SCRIPTS)
        applets = set(_applets(program))
        if shell:
            del scripts["bin/bash"]
            applets.discard("sh")
            with open(shell, "rb") as file:
                add("bin/bash", tarfile.REGTYPE, 0o755, file.read())
            add("bin/sh", tarfile.SYMTYPE, 0o777, target="/bin/bash")
        for name in sorted(applets):
            add(f"bin/{name}", tarfile.SYMTYPE, 0o777, target="/bin/busybox")
        add("usr/bin/env", tarfile.SYMTYPE, 0o777, target="/bin/busybox")
        for name, text in scripts.items():
            add(name, tarfile.REGTYPE, 0o755, text.encode())
        add("lib64/libc.so.6", tarfile.REGTYPE, 0o755, _c_library(architecture))
        for name, text in TEXTS.items():
            add(name, tarfile.REGTYPE, 0o644, text.encode())
    return buffer.getvalue()


def write_archive(path, program, platforms=PLATFORMS, shell=None):
    """Write an OCI archive (a tar of a layout) with one index, without a name: for
    every platform programs that run here, since nothing of it need run there."""
    files = {"oci-layout": b'{"imageLayoutVersion": "1.0.0"}'}

    def blob(content, media_type):
        digest = hashlib.sha256(content).hexdigest()
        files[f"blobs/sha256/{digest}"] = content
        return {"mediaType": f"{MEDIA_TYPE}.{media_type}",
                "digest": f"sha256:{digest}", "size": len(content)}

    def layer_of(architecture):
        layer = layer_tar(program, architecture, shell)
        return (f"sha256:{hashlib.sha256(layer).hexdigest()}",
                [blob(gzip.compress(layer, 1, mtime=0), "layer.v1.tar+gzip")])

    made = {name: layer_of(name) for name in MACHINES}
    images = []
    for platform in platforms:
        diff_id, layers = made.get(platform["architecture"], made["amd64"])
        config = {**platform, "config": {"Env": [PATH], "Cmd": ["sh"]},
                  "rootfs": {"type": "layers", "diff_ids": [diff_id]},
                  "history": HISTORY}
        manifest = {"schemaVersion": 2, "mediaType": f"{MEDIA_TYPE}.manifest.v1+json",
                    "config": blob(json.dumps(config).encode(), "config.v1+json"),
                    "layers": layers}
        images.append({**blob(json.dumps(manifest).encode(), "manifest.v1+json"),
                       "platform": platform})
    index = {"schemaVersion": 2, "mediaType": f"{MEDIA_TYPE}.index.v1+json", "manifests": images}
    entry = blob(json.dumps(index).encode(), "index.v1+json")
    files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": [entry]}).encode()
    with tarfile.open(path, "w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
