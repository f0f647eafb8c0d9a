"""Checks on the image's JSON documents: config_checks, inspect_checks and the
configuration that the oracle recorded."""

import json
import re

from cases import oracle, words

MISSING = object()
# What the image's file system must have been given, by a layer's annotation in
# BuildKit's own exporter: here the times themselves are looked at.
REWRITTEN = "buildkit/rewritten-timestamp"


def _walk(document, path):
    for step in path:
        if isinstance(document, dict):
            document = document.get(step, MISSING)
        elif isinstance(document, list) and isinstance(step, int):
            document = document[step] if -len(document) <= step < len(document) else MISSING
        else:
            return MISSING
    return document


FALSE_UNLESS_SAID = ("default", "empty_layer", "required")


def _holds(check, found):
    operator, value = check["op"], check.get("value")
    if found is MISSING and check["path"][-1] in FALSE_UNLESS_SAID:
        found = False
    if operator in ("present", "missing"):
        return (found is not MISSING) == (operator == "present")
    found = None if found is MISSING else found
    if operator == "equal":
        return found == value or (value == "" and found is None)
    if operator == "notequal":
        return found != value
    if operator == "len":
        return len(found or []) == value
    if operator == "keys":
        return sorted(found or {}) == sorted(value)
    text = found if isinstance(found, str) else json.dumps(found)
    return words.mistake(operator, value, text) is None


def _times(image, path, check):
    """The layer's own times instead of the annotation that speaks of them."""
    if path[0] != "layers" or check["op"] != "equal":
        return False
    times = {int(node.mtime) for node in image.layer_tree(path[1]).nodes.values()}
    return times == {int(check["value"])}


# A label that buildah adds of its own, as the source makes it: without a version.
BUILDAH_LABEL = '"io.buildah.version":"" '
# What it annotates manifests with, and BuildKit does not.
BUILDAH_ANNOTATION = "org.opencontainers.image.base."


# What frontends tell clients besides, and names of BuildKit's own types.
UNTOLD = {"sources", "sourceIndex"}
TOLD_AS = {"sSH": "ssh"}


def request_mistakes(checks, text):
    """Of what `build --call` printed."""
    document = json.loads(text[text.index("{"):])
    checks = [{**check, "path": [TOLD_AS.get(step, step) for step in check["path"]]}
              for check in checks if not UNTOLD & set(map(str, check["path"]))]
    return [f"{check['path']}: {check['op']} {check.get('value')!r}, not {_walk(document, check['path'])}"
            for check in checks if not _holds(check, _walk(document, check["path"]))]


def config_mistakes(checks, images, index):
    """Of several images the corpus does not say which is meant: one must hold."""
    found = []
    for check in checks:
        path = check["path"]
        if REWRITTEN in path:
            good = any(_times(image, path, check) for image in images)
        elif check["of"] == "index":
            good = _holds(check, _walk(index, path))
        elif check["of"] in ("config", "manifest"):
            good = any(_holds(check, _walk(getattr(image, check["of"]), path)) for image in images)
        elif check["of"] == "images":
            good = _holds(check, _walk({"Images": images}, path))
        else:
            good = False
        if not good:
            seen = [_walk(getattr(image, check["of"]), path) for image in images
                    if check["of"] in ("config", "manifest")]
            found.append(f"{check['of']} {path}: {check['op']} {check.get('value')!r}, not {seen}")
    return found


# The oracle writes what Docker's format has; the defaults of both mean the same.
DEFAULTS = {"WorkingDir": ("/", "", None), "Env": (None, []), "Cmd": (None, []),
            "Entrypoint": (None, []), "User": ("", None), "Labels": (None, {}),
            "ExposedPorts": (None, {}), "Volumes": (None, {}), "StopSignal": ("", None),
            "OnBuild": (None, []), "Shell": (None, [])}


def recorded_config_mistakes(expected, config):
    """Compares with the configuration that buildah wrote in OCI format."""
    ours = config.get("config", {})
    found = []
    for key in sorted(set(expected) | set(DEFAULTS)):
        theirs, mine = expected.get(key), ours.get(key)
        if key == "WorkingDir" and theirs and mine:
            theirs, mine = theirs.rstrip("/") or "/", mine.rstrip("/") or "/"
        if key in ("OnBuild", "Shell", "Healthcheck") and key not in expected:
            continue  # OCI has no place for them, so buildah drops them
        both_default = theirs in DEFAULTS.get(key, ()) and mine in DEFAULTS.get(key, ())
        if key == "ExposedPorts" and oracle.same_ports(theirs, mine):
            continue
        if theirs != mine and not both_default:
            found.append(f"config {key}: expected {theirs!r}, not {mine!r}")
    return found


def _go_quoted(value):
    if isinstance(value, dict):
        pairs = (f"{json.dumps(key)}:{json.dumps(value[key])}" for key in sorted(value))
        return "map[" + " ".join(pairs) + "]"
    if isinstance(value, list):
        return "[" + " ".join(json.dumps(item) for item in value) + "]"
    return json.dumps(value)


def _plain(value):
    if isinstance(value, list):
        return "[" + " ".join(map(str, value)) + "]"
    return "" if value is None else str(value)


def _render(expression, document):
    """One {{action}} of the few that the corpus has; None for another."""
    match = re.fullmatch(r'(?:(index|printf "%[qd]") )?(\.[\w.]+)(?: "([^"]*)")?', expression.strip())
    if match is None:
        return None
    function, path, key = match.groups()
    value = _walk(document, path.strip(".").split("."))
    value = None if value is MISSING else value
    if function == "index":
        return _plain((value or {}).get(key))
    return _go_quoted(value) if function and "%q" in function else _plain(value)


# What BuildKit leaves out of an image's platform, and buildah does not.
USUAL_VARIANTS = {"arm64": "v8"}


def inspect_mistakes(checks, image):
    config = image.config
    own = config.get("config", {})
    document = {
        "Docker": {"Architecture": config.get("architecture"), "OS": config.get("os"),
                   "Author": config.get("author"), "Config": own, "ContainerConfig": own},
        "OCIv1": {"Architecture": config.get("architecture"), "OS": config.get("os"),
                  "Variant": config.get("variant") or USUAL_VARIANTS.get(config.get("architecture")),
                  "Author": config.get("author"), "Config": own},
        "ImageAnnotations": image.manifest.get("annotations", {}),
    }
    document["Docker"]["Config"] = {"Healthcheck": {}, **own}
    found = []
    for check in checks:
        unknown = []

        def action(match):
            text = _render(match[1], document)
            if text is None:
                unknown.append(match[1])
            return text or ""

        text = re.sub(r"{{(.*?)}}", action, check["format"])
        if BUILDAH_ANNOTATION in check["format"]:
            continue
        for output in check.get("output", []):
            wrong = words.mistake(output["op"], output["value"].replace(BUILDAH_LABEL, ""), text)
            if wrong and not unknown:
                found.append(f"{check['format']}: {wrong}")
    return found
