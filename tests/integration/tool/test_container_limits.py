"""What a container may use: devices, memory, processors and processes."""

import os
import pathlib
import subprocess

import container_harness
import harness


def has_cgroups():
    """Whether this user may make groups with these controllers."""
    root = pathlib.Path("/sys/fs/cgroup")
    parents = [root] if (root / "cgroup.controllers").exists() else [root / name for name in ("memory", "cpu", "pids")]
    return all(os.access(parent, os.W_OK) for parent in parents)


class ContainerLimits(container_harness.ContainerTest):
    def need_cgroups(self):
        if not has_cgroups():
            self.skipTest("no cgroup of ours")
        result = self.sh("true", "--rm", "-m", "64m", "--cpus", "0.5", "--pids-limit", "50")
        if "is discarded" in result.err:
            self.skipTest(result.err)

    def groups(self):
        root = pathlib.Path("/sys/fs/cgroup")
        return [path for pattern in ("slipway-*", "*/slipway-*") for path in root.glob(pattern)]

    def test_processes(self):
        self.need_cgroups()
        script = "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 5 & done; kill $(jobs -p); echo all"
        self.assertNotIn("all", self.sh(script, "--rm", "--pids-limit", "8", status=None).out)
        self.assertIn("all", self.sh(script, "--rm", "--pids-limit", "-1").out)

    def test_memory(self):
        self.need_cgroups()
        hungry = "x=0123456789abcdef; while true; do x=$x$x; done"
        self.sh(hungry, "--rm", "-m", "16m", "--memory-swap", "16m", status=137)

    def test_exec_and_traces(self):
        self.need_cgroups()
        name = self.detached("sleep 1000", "--pids-limit", "8", "-m", "32m", "--cpus", "0.5", "--name", "box")
        self.assertTrue([path for path in self.groups() if path.name.endswith(name)])
        self.assertEqual(self.slipway("inspect", "-f", "{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}} {{.HostConfig.PidsLimit}}",
                                      "box").out, f"{32 * 1024 * 1024} 500000000 8\n")
        many = "for i in 1 2 3 4 5 6 7 8 9 10; do sleep 5 & done; echo all"
        self.assertNotIn("all", self.slipway("exec", "box", "sh", "-c", many, status=None).out)
        self.slipway("rm", "-f", "box")
        self.until(lambda: not [path for path in self.groups() if path.name.endswith(name)])

    def test_killed_supervisor(self):
        self.need_cgroups()
        words = [harness.tool(), "run", "--pids-limit", "8", "--name", "box", "base", "sh", "-c", "echo up; sleep 1000"]
        process = subprocess.Popen(words, env=self.environment(), stdout=subprocess.PIPE)
        self.assertEqual(process.stdout.readline(), b"up\n")
        (name,) = self.folders()
        process.kill()
        process.communicate()
        self.slipway("rm", "box")
        self.assertEqual([path for path in self.groups() if path.name.endswith(name)], [])

    def test_what_cannot_be_had_is_said(self):
        if has_cgroups():
            self.skipTest("this user has cgroups")
        result = self.sh("echo runs", "--rm", "-m", "64m", "--cpus", "1", "--pids-limit", "9")
        self.assertEqual(result.out, "runs\n")
        self.assertEqual(result.err.count("is discarded"), 3)

    def test_bad_values(self):
        for flag, value, why in (("-m", "x", "is no size"), ("-m", "1k", "is too little"), ("--cpus", "many", "is no number"),
                                 ("--cpus", "100000", "is too much"), ("--cpus", "0", "is no number"),
                                 ("--memory-swap", "1g", "needs --memory"), ("--pids-limit", "x", "is no number"),
                                 ("-w", "relative", "is no absolute path"), ("--device", "/dev/null:/x:q", "some of r, w and m"),
                                 ("--device", "null", "is not of the form"), ("--device", "/dev/missing", "there is no"),
                                 ("--device", "/etc/passwd", "is no device")):
            result = self.slipway("run", "--rm", flag, value, "base", status=125)
            self.assertIn(why, result.err)
            self.assert_one_diagnostic(result)
        self.assertEqual(self.folders(), [])

    def test_devices(self):
        self.assertEqual(self.sh("echo x > /dev/gone && test -c /dev/gone && echo there", "--rm", "--device", "/dev/null:/dev/gone").out,
                         "there\n")
        self.sh("test -c /dev/zero", "--rm", "--device", "/dev/zero:rw")
        self.sh("true", "--name", "box", "--device", "/dev/null:/dev/gone:rwm")
        self.assertEqual(self.slipway("inspect", "-f", "{{json .HostConfig.Devices}}", "box").out,
                         '[{"PathOnHost":"/dev/null","PathInContainer":"/dev/gone","CgroupPermissions":"rwm"}]\n')
        self.assertEqual(self.slipway("diff", "box").out, "")


if __name__ == "__main__":
    harness.main()
