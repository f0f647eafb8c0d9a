"""Judges what `slipway build` made of a case by what the case expects."""

import re

import image_files
import stand_in
from cases import documents, files, words
from cases.oracle import Oracle

# Printed by `slipway run` where the kernel refuses; then a command judges nothing.
REFUSED = 125


class Judge:
    """`base` is the tree of the stand-in; `builder` runs commands in a result."""

    def __init__(self, base, builder):
        self.base = base
        self.builder = builder

    def mistakes(self, case, build):
        """One text for each thing that is not as the case wants it."""
        expect = case.expect
        if expect["result"] == "error":
            return self._refusal_mistakes(expect, build, case)
        if build.status != 0:
            if expect["result"] == "any":
                return [] if "error:" in build.log else [f"crashed with {build.status}"]
            return [f"exit status {build.status}: {_errors(build.log)}"]
        if "request" in expect:
            return documents.request_mistakes(expect["request_checks"], build.log)
        return self._image_mistakes(case, build)

    def _refusal_mistakes(self, expect, build, case):
        if build.status == 0:
            return ["accepted, an error was expected"]
        if build.status not in (1, 2, 3, 4, 5) or "error:" not in build.log:
            return [f"exit status {build.status} without a diagnostic: {build.log[-300:]}"]
        found = [f"the message is not like {text!r}: {_errors(build.log)}"
                 for text in expect.get("error_contains", []) if not words.is_like(text, build.log)]
        lines = {int(line) for line in re.findall(r":(\d+):\d+: error:", build.log)}
        # BuildKit marks all lines of an instruction, and we say where it starts.
        wanted = set(expect.get("error_lines", []))
        if wanted and not wanted & lines:
            found.append(f"error in one of lines {sorted(wanted)}, not {sorted(lines)}: {_errors(build.log)}")
        return found + self._instruction_mistakes(expect, lines, case)

    @staticmethod
    def _instruction_mistakes(expect, lines, case):
        wanted = expect.get("fails_at_instruction")
        if wanted is None or not lines:
            return []
        folder = case.folder / ("context" if expect["dockerfile_in_context"] else "dockerfile_dir")
        starts = _instruction_starts((folder / expect["dockerfile"]).read_text())
        numbers = {sum(start <= line for start in starts) for line in lines}
        return [] if wanted in numbers else [f"fails at instruction {numbers}, not {wanted}"]

    def _image_mistakes(self, case, build):
        expect = case.expect
        images = image_files.read_images(build.layout)
        if not images:
            return ["the layout has no image"]
        image = images[0]
        tree = self._tree(images)
        if "history_checks" in expect:  # they count from the second entry that is not the base's
            del image.config["history"][:len(stand_in.HISTORY) + 1]
        later = case.made_later()
        found = files.file_mistakes([file for file in expect.get("files", [])
                                     if file["path"] not in later.split()], tree)
        found += [f"{path} is there" for path in expect.get("absent", [])
                  if tree.find(path, follow=False) is not None]
        if "tree" in expect:
            base = image_files.Tree() if expect.get("tree_base") == "scratch" else self.base
            found += files.tree_mistakes(expect, tree, base, Oracle(case))
        if "config" in expect:
            found += documents.recorded_config_mistakes(expect["config"], image.config)
        found += documents.config_mistakes(expect.get("config_checks", []), images,
                                           image_files.read_index(build.layout))
        found += documents.inspect_mistakes(expect.get("inspect_checks", []), image)
        found += [f"{item['path']} is not in the layout" for item in expect.get("layout_files", [])
                  if not (build.layout / item["path"].lstrip("/")).exists()]
        for paths in expect.get("same_inode", []):
            if len({id(tree.find(path)) for path in paths}) != 1:
                found.append(f"{paths} are not one file")
        return found + self._command_mistakes(case, build, tree)

    @staticmethod
    def _tree(images):
        """Of several images: one folder each, as BuildKit's exporters lay them out."""
        if len(images) == 1:
            return images[0].tree()
        whole = image_files.Tree()
        for image in images:
            folder = f"/{image.config['os']}_{image.config['architecture']}"
            for path, node in image.tree().nodes.items():
                whole.nodes[folder + path] = node
        return whole

    def _command_mistakes(self, case, build, tree):
        expect = case.expect
        found = []
        for check in expect.get("run_checks", []):
            process = self.builder.run(build.work, "run", "--rm", "result", *check["cmd"])
            if process.returncode == REFUSED:
                continue
            output = process.stdout.decode("utf-8", "replace")
            if "rc" in check and process.returncode != check["rc"]:
                found.append(f"{check['cmd']}: exit status {process.returncode}: {output[-300:]}")
            found += _output_mistakes(check, output)
        commands = [check for check in expect.get("other_checks", [])
                    if "rootfs_cmd" in check or "test" in check]
        if commands:
            root = files.write_tree(tree, build.work / "root")
            for check in commands:
                command = check.get("rootfs_cmd") or ["test", *check["test"]]
                status, output = files.run_in_folder(command, root)
                if "test" in check and status != 0:
                    found.append(f"{command}: exit status {status}")
                # The source sorts what `find` gives in the order of the directories.
                found += _output_mistakes(check, output, unordered=command[0] == "find")
        if case.needs_run:
            found += [wrong for check in expect.get("output_checks", [])
                      if (wrong := words.mistake(check["op"], check["value"], build.log))]
        return found


def _output_mistakes(check, output, unordered=False):
    return [wrong for item in check.get("output", [])
            if (wrong := words.mistake(item["op"], item["value"], output, unordered))]


def _errors(log):
    errors = [line for line in log.splitlines() if "error:" in line]
    return "; ".join(errors)[:600] or log[-300:]


def _instruction_starts(text):
    """The lines on which instructions start; here-documents are not looked for."""
    starts, continued = [], False
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.strip()
        if bare.startswith("#") or (not bare and not continued):
            continue
        if not continued:
            starts.append(number)
        continued = bare.endswith("\\")
    return starts
