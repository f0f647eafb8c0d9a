"""A Docker engine of the tests' own: its socket, data root and storage lie in a
folder, and it ends with the test."""

import os
import pathlib
import select
import shutil
import subprocess

DOCKER = "/usr/bin/docker"


class Unable(Exception):
    """No engine can run here, and why."""


class Dockerd:
    def __init__(self, work):
        """Starts it; returns when it listens."""
        for program in ("dockerd", DOCKER):
            if shutil.which(program) is None:
                raise Unable(f"there is no {program}")
        if os.geteuid() != 0:
            raise Unable("only root can run dockerd")
        self.work = pathlib.Path(work)
        self.environment = {**os.environ, "DOCKER_HOST": f"unix://{self.work}/docker.sock",
                            "DOCKER_BUILDKIT": "1", "DOCKER_CONFIG": str(self.work / "config")}
        self.drain = None
        self.daemon = subprocess.Popen(
            ["dockerd", "-H", f"unix://{self.work}/docker.sock", "--data-root", self.work / "data",
             "--exec-root", self.work / "exec", "--pidfile", self.work / "pid", "--storage-driver",
             "overlay2", "--iptables=false", "--ip6tables=false", "--bridge=none"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise

    def _wait(self):
        """Its log says when it listens, or the daemon ends and its pipe with it."""
        log = b""
        while b"API listen on" not in log:
            ready, _, _ = select.select([self.daemon.stderr], [], [], 60)
            part = os.read(self.daemon.stderr.fileno(), 1 << 16) if ready else b""
            if not part:
                raise Unable(f"dockerd does not start here: {log.decode('utf-8', 'replace')[-300:]}")
            log += part
        # Nobody reads the log any more, so it must not fill its pipe.
        self.drain = subprocess.Popen(["cat"], stdin=self.daemon.stderr, stdout=subprocess.DEVNULL)

    def stop(self):
        self.daemon.terminate()
        self.daemon.wait(timeout=60)
        self.daemon.stderr.close()
        if self.drain is not None:
            self.drain.wait(timeout=60)
        # A daemon that was killed leaves its mounts.
        mounts = [line.split()[1] for line in pathlib.Path("/proc/self/mounts").read_text().splitlines()]
        for mount in reversed([path for path in mounts if path.startswith(str(self.work))]):
            subprocess.run(["umount", "-l", mount], check=False)
