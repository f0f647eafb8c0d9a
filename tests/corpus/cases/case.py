"""One build case: its folders made, its bases tagged, and `slipway build` run."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess
from dataclasses import dataclass

import run_harness
from cases import context, left_out, server

SERVER_WORD = "HTTP_SERVER"
TIMEOUT = 120
# Families of images for which the stand-in serves, whatever their registry and tag.
FAMILIES = {"alpine", "busybox", "centos", "debian", "fedora", "golang", "python", "python-311",
            "testimage", "ubi", "ubuntu"}
# Those of them whose /bin/sh is bash, as far as no tree was recorded with the stand-in's.
WITH_BASH = {"centos", "fedora"}
# What ONBUILD triggers of other cases copy from, which no plan tells.
TRIGGERED = ["alpine"]


def family(name):
    """The image's name without registry, path, tag and digest."""
    return re.sub(r"[:@].*", "", name.rpartition("/")[2])


@dataclass
class Build:
    """What `slipway build` did with a case."""

    status: int
    log: str
    layout: pathlib.Path
    work: pathlib.Path


class Case:
    """A folder of build-cases/ and what its expect.json says."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.expect = json.loads((self.folder / "expect.json").read_text())
        self.name = self.expect["id"]

    @property
    def kind(self):
        """The peer that the case comes from."""
        return {"bh": "buildah", "bk": "buildkit", "ka": "kaniko"}.get(
            self.name.partition("-")[0], "other")

    @property
    def needs_run(self):
        return bool(self.expect.get("needs_run"))

    @property
    def remote(self):
        """The URL that the context comes from; None for most cases."""
        return self.expect.get("frontend_attrs", {}).get("context")

    @property
    def remote_body(self):
        """The tar that is served under that URL; None where there is none."""
        path = "/" + self.remote.partition("//")[2].partition("/")[2] if self.remote else ""
        body = self.expect.get("http", {}).get(path)
        return self.folder / body["file"] if body else None

    def made_later(self):
        """The text of the case's ONBUILD lines: it acts in images built on this one."""
        text = (self.folder / ("context" if self.expect["dockerfile_in_context"] else "dockerfile_dir")
                / self.expect["dockerfile"])
        return "\n".join(line for line in text.read_text(errors="replace").splitlines()
                         if line.lstrip().upper().startswith("ONBUILD")) if text.is_file() else ""

    def ignore_lines(self):
        """The lines of the case's ignore files."""
        files = [*(self.folder / "context").glob(".*ignore"), self.folder / "ignorefile"]
        return [line.strip() for file in files if file.is_file()
                for line in file.read_text(errors="replace").splitlines()]


class CaseBuilder:
    """Builds cases with one program, each in a folder and a store of its own."""

    def __init__(self, tool, base_archive, corpus, program, bash_archive=None):
        self.tool = tool
        self.program = program  # a static busybox
        self.base_archive = base_archive
        self.bash_archive = bash_archive or base_archive
        self.corpus = pathlib.Path(corpus)

    @contextlib.contextmanager
    def built(self, case, work):
        """Yields the Build. The server of the case's URLs lives as long as it does."""
        work = pathlib.Path(work)
        with server.serve(case.expect.get("http", {}), case.folder) as address:
            self._make_folders(case, work, address)
            yield self._build(case, work, address)

    def run(self, work, *words):
        """Run the program with the store of `work`."""
        return self._run(work, [self.tool, *words])

    def _run(self, work, argv, **environment):
        variables = {key: value for key, value in os.environ.items()
                     if key not in ("SOURCE_DATE_EPOCH", "DOCKER_BUILDKIT")}
        return subprocess.run([os.fspath(word) for word in argv], check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=TIMEOUT, cwd=work,
                              env={**variables, "SLIPWAY_STORE": str(work / "store"),
                                   "SLIPWAY_OFFLINE": "1", **environment})

    def _make_folders(self, case, work, address):
        expect = case.expect
        context.make_folder(expect["context"], case.folder / "context", work / "context")
        context.make_folder(expect.get("dockerfile_dir", []), case.folder / "dockerfile_dir",
                            work / "dockerfile_dir")
        for name, entries in expect.get("named_context_entries", {}).items():
            context.make_folder(entries, case.folder / "contexts" / name, work / "contexts" / name)
        for name in left_out.PROGRAMS.get(case.name, []):
            shutil.copy(self.program, work / "context" / name)
        for secret, text in expect.get("secrets", {}).items():
            (work / "secrets").mkdir(exist_ok=True)
            (work / "secrets" / secret).write_text(text)
        if case.remote_body:
            (work / "context").mkdir(exist_ok=True)
            subprocess.run(["tar", "-C", work / "context", "-xf", case.remote_body], check=True)
        dockerfile = self._dockerfile(case, work)
        if expect.get("http") and dockerfile.is_file():
            text = dockerfile.read_text()
            if SERVER_WORD in text:
                dockerfile.write_text(text.replace(SERVER_WORD, address))

    @staticmethod
    def _dockerfile(case, work):
        inside = case.expect["dockerfile_in_context"] or case.remote_body
        return work / ("context" if inside else "dockerfile_dir") / case.expect["dockerfile"]

    def _build(self, case, work, address):
        (work / "store").mkdir()
        options = self._options(case, work, address)
        self._provide_images(case, work, options)
        layout = work / "layout"
        outputs = [f"--output=type=oci,dest={layout},tar=false"]
        names = [name for export in case.expect.get("exports") or []
                 for name in export.get("attrs", {}).get("name", "").split(",") if name]
        outputs += [f"--tag={name}" for name in (names or ["result"]) + self._told_tags(case)]
        if case.remote_body:
            options[1] = case.expect["dockerfile"]  # of what the server has
        process = self._run(work, [self.tool, "build", *options, *outputs,
                                   *self._build_only_options(case, work),
                                   self._context(case, work, address)],
                            **self._environment(case))
        log = run_harness.without_times(process.stdout.decode("utf-8", "replace"))
        return Build(process.returncode, log, layout, work)

    @staticmethod
    def _told_tags(case):
        """Tags that only the expected refusal tells of: "must be lower(case)" is said
        of a name with capital letters."""
        told = [check["value"] for check in case.expect.get("error_checks", [])]
        if not any("must be lower" in text for text in told):
            return []
        named = [match[1] for text in told if (match := re.match(r"tag (\S+): ", text))]
        return named or ["NotLower"]

    @staticmethod
    def _context(case, work, address):
        return case.remote.replace(SERVER_WORD, address) if case.remote else work / "context"

    def _options(self, case, work, address):
        """What `plan` and `build` both take."""
        expect = case.expect
        options = ["--file", self._dockerfile(case, work)]
        if expect.get("target"):
            options += ["--target", expect["target"]]
        if expect.get("platform"):
            options += ["--platform", expect["platform"]]
        for name, value in expect.get("build_args", {}).items():
            options += ["--build-arg", f"{name}={value}".replace(SERVER_WORD, address)]
        for name in expect.get("build_args_from_env", []):
            options += ["--build-arg", name]
        for name, value in expect.get("labels", {}).items():
            options += ["--label", f"{name}={value}"]
        if case.kind != "buildkit":  # as buildah 1.28 did, which recorded them
            options.append("--compat-volumes")
        if "granted" in case.name or "entitlements" in expect and expect["result"] == "ok":
            options += ["--allow", "security.insecure"]
        for name, where in expect.get("named_contexts", {}).items():
            options += ["--build-context", f"{name}={self._named_context(where, work, address)}"]
        return options

    @staticmethod
    def _named_context(where, work, address):
        if "dir" in where:
            return work / where["dir"]
        if "url" in where:
            return where["url"].replace(SERVER_WORD, address)
        if "image_of_case" in where:
            return f"oci-layout://{work / 'needs' / where['image_of_case'] / 'layout'}"
        return f"docker-image://{where['image']}"

    @staticmethod
    def _build_only_options(case, work):
        expect = case.expect
        options = []
        for name in expect.get("secrets", {}):
            options += ["--secret", f"id={name},src={work / 'secrets' / name}"]
        if expect.get("ignorefile"):
            options += ["--ignorefile", case.folder / expect["ignorefile"]]
        options += left_out.OPTIONS.get(case.name, [])
        if "request" in expect:
            options.append(f"--call={expect['request'].partition('.')[2]},format=json")
        for name in ("hostname", "ulimit"):
            if name in expect.get("frontend_attrs", {}):
                options += [f"--{name}", expect["frontend_attrs"][name]]
        return options

    @staticmethod
    def _environment(case):
        return {**left_out.ENVIRONMENT.get(case.name, {}),
                **{name: f"value of {name}" for name in case.expect.get("build_args_from_env", [])
                   if name not in os.environ}}

    # Images that the Dockerfile stands on

    def _provide_images(self, case, work, options):
        own = {}
        for name, other in case.expect.get("needs_images", {}).items():
            own[name] = self._result_of(other, work)
        for where in case.expect.get("named_contexts", {}).values():
            if "image_of_case" in where:
                self._result_of(where["image_of_case"], work)
        for name, layout in own.items():
            archive = layout.with_suffix(".tar")
            subprocess.run(["tar", "-C", layout, "-cf", archive, "."], check=True)
            self.run(work, "load", "-i", archive, "-t", name)
        names = [name for name in self._base_names(work, options) if name not in own]
        if own or any("image_of_case" in where for where in case.expect.get("named_contexts", {}).values()):
            names += TRIGGERED
        bash = [name for name in names if family(name) in WITH_BASH and "tree" not in case.expect]
        self._load(work, self.bash_archive, bash)
        self._load(work, self.base_archive, [name for name in names if name not in bash])

    def _load(self, work, archive, names):
        if names:
            tags = [word for name in names for word in ("-t", name)]
            self.run(work, "load", "-i", archive, *tags)

    def _result_of(self, name, work):
        """The layout of another case's result; both share the store of `work`."""
        folder = work / "needs" / name
        folder.mkdir(parents=True)
        with self.built(Case(self.corpus / name), folder) as build:
            if build.status != 0:
                raise RuntimeError(f"the case '{name}' that this one needs: {build.log[-500:]}")
            return build.layout

    def _base_names(self, work, options):
        """What the plan names as bases, as far as the stand-in serves for it."""
        process = self._run(work, [self.tool, "plan", *options, "--emit", "json", work / "context"])
        references = set(re.findall(r'^ +"reference": "([^"]+)",?$',
                                    process.stdout.decode("utf-8", "replace"), re.MULTILINE))
        return sorted(name for name in references
                      if family(name) in FAMILIES)
