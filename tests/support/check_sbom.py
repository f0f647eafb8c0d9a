"""Judges SBOMs and provenance without any code of the product: required fields, the
form of names, references that lead somewhere, words of the formats' own lists. Where
$SLIPWAY_SBOM_SCHEMAS names a folder with the formats' JSON schemas
(spdx-2.3.schema.json; bom-1.5.schema.json, spdx.schema.json, jsf-0.82.schema.json), by
those too."""

import functools
import json
import os
import pathlib
import re

PURL = re.compile(r"pkg:[a-z]+(/[A-Za-z0-9.%_~-]+)+(@[A-Za-z0-9.%_~-]+)?(\?[a-z_]+=[^&?#]+(&[a-z_]+=[^&?#]+)*)?$")
CPE = re.compile(r"cpe:(2\.3:|/)[aho]:\S+$")
URI = re.compile(r"[a-z][a-z0-9+.-]*:\S+$")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
LICENCE_WORD = re.compile(r"[A-Za-z0-9.+-]+$")
HASH_LENGTHS = {"MD5": 32, "SHA1": 40, "SHA256": 64, "SHA512": 128}

SPDX_PURPOSES = {"APPLICATION", "CONTAINER", "FILE", "LIBRARY", "OPERATING_SYSTEM", "SOURCE", "OTHER"}
SPDX_RELATIONS = {"DESCRIBES", "CONTAINS", "STATIC_LINK", "DYNAMIC_LINK", "DEPENDS_ON", "GENERATED_FROM",
                  "DESCENDANT_OF", "BUILD_TOOL_OF"}
CYCLONEDX_TYPES = {"application", "container", "file", "library", "operating-system"}


class Mistakes(list):
    def expect(self, condition, text):
        if not condition:
            self.append(text)


def check(document):
    """One text for each mistake in a document of any of the formats."""
    mistakes = Mistakes()
    if "spdxVersion" in document:
        _check_spdx(document, mistakes)
    elif "bomFormat" in document:
        _check_cyclonedx(document, mistakes)
    else:
        _check_provenance(document, mistakes)
    return mistakes + _by_schema(document)


def _check_hash(algorithm, value, mistakes):
    length = HASH_LENGTHS.get(algorithm)
    mistakes.expect(length and re.fullmatch(f"[0-9a-f]{{{length}}}", value), f"hash {algorithm} {value}")


def _check_licence(expression, references, mistakes):
    """`references` are the licences that the document describes; None where the format cannot."""
    listed = _listed_licences()
    for word in expression.replace("(", " ").replace(")", " ").split():
        if word in ("AND", "OR", "WITH"):
            continue
        known = LICENCE_WORD.match(word)
        if word.startswith("LicenseRef-") and references is not None:
            known = word in references
        if listed and not word.startswith("LicenseRef-"):
            known = word in listed or word.removesuffix("+") in listed
        mistakes.expect(known, f"licence {expression}")


@functools.cache
def _listed_licences():
    """SPDX's list, licences and exceptions, as CycloneDX's schema has it; empty without."""
    folder = os.environ.get("SLIPWAY_SBOM_SCHEMAS")
    if not folder:
        return frozenset()
    return frozenset(json.loads(pathlib.Path(folder, "spdx.schema.json").read_text())["enum"])


def _check_spdx(document, mistakes):
    mistakes.expect(document["spdxVersion"] == "SPDX-2.3", "version")
    mistakes.expect(document["dataLicense"] == "CC0-1.0", "data licence")
    mistakes.expect(document["SPDXID"] == "SPDXRef-DOCUMENT", "id")
    mistakes.expect(document["name"], "name")
    mistakes.expect(URI.match(document["documentNamespace"]) and "#" not in document["documentNamespace"], "namespace")
    mistakes.expect(TIME.match(document["creationInfo"]["created"]), "time")
    mistakes.expect(all(re.match(r"(Tool|Person|Organization): \S", creator)
                        for creator in document["creationInfo"]["creators"]), "creators")
    infos = document.get("hasExtractedLicensingInfos", [])
    references = {info["licenseId"] for info in infos}
    mistakes.expect(len(references) == len(infos) and all(info["extractedText"] for info in infos), "licences")
    ids = {"SPDXRef-DOCUMENT"}
    for package in document["packages"]:
        _check_spdx_package(package, references, mistakes)
        mistakes.expect(package["SPDXID"] not in ids, f"twice {package['SPDXID']}")
        ids.add(package["SPDXID"])
    described = []
    for relation in document["relationships"]:
        ends = relation["spdxElementId"], relation["relatedSpdxElement"]
        mistakes.expect(ids >= set(ends), f"relation {ends}")
        mistakes.expect(relation["relationshipType"] in SPDX_RELATIONS, relation["relationshipType"])
        if relation["relationshipType"] == "DESCRIBES":
            described.append(ends)
    mistakes.expect(len(described) == 1 and described[0][0] == "SPDXRef-DOCUMENT", "what it describes")


def _check_spdx_package(package, references, mistakes):
    mistakes.expect(re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", package["SPDXID"]), package["SPDXID"])
    mistakes.expect(package["name"] and package["filesAnalyzed"] is False, package["SPDXID"])
    mistakes.expect(package["primaryPackagePurpose"] in SPDX_PURPOSES, package["primaryPackagePurpose"])
    location = package["downloadLocation"]
    mistakes.expect(location == "NOASSERTION" or URI.match(location), location)
    mistakes.expect(re.match(r"Organization: \S", package.get("supplier", "Organization: x")), "supplier")
    for field in ("licenseConcluded", "licenseDeclared"):
        if package[field] != "NOASSERTION":
            _check_licence(package[field], references, mistakes)
    for checksum in package.get("checksums", []):
        _check_hash(checksum["algorithm"], checksum["checksumValue"], mistakes)
    for reference in package.get("externalRefs", []):
        kind = (reference["referenceCategory"], reference["referenceType"])
        locator = reference["referenceLocator"]
        if kind == ("PACKAGE-MANAGER", "purl"):
            mistakes.expect(PURL.match(locator), locator)
        else:
            mistakes.expect(kind in (("SECURITY", "cpe23Type"), ("SECURITY", "cpe22Type")) and CPE.match(locator), locator)


def _check_cyclonedx(document, mistakes):
    mistakes.expect(document["specVersion"] == "1.5" and document["version"] == 1, "version")
    mistakes.expect(re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", document["serialNumber"]),
                    document["serialNumber"])
    mistakes.expect(TIME.match(document["metadata"]["timestamp"]), "time")
    formulas = [part for formula in document.get("formulation", []) for part in formula["components"]]
    refs = set()
    for component in [document["metadata"]["component"], *document["components"], *formulas]:
        mistakes.expect(component["bom-ref"] not in refs, f"twice {component['bom-ref']}")
        refs.add(component["bom-ref"])
        mistakes.expect(component["type"] in CYCLONEDX_TYPES and component["name"], component["bom-ref"])
        mistakes.expect(PURL.match(component.get("purl", "pkg:x/y")), component.get("purl"))
        mistakes.expect(CPE.match(component.get("cpe", "cpe:2.3:a:x")), component.get("cpe"))
        for checksum in component.get("hashes", []):
            _check_hash(checksum["alg"].replace("-", ""), checksum["content"], mistakes)
        for licence in component.get("licenses", []):
            mistakes.expect(set(licence) in ({"expression"}, {"license"}), "licence")
            _check_licence(licence.get("expression", ""), None, mistakes)
        for reference in component.get("externalReferences", []):
            mistakes.expect(reference["type"] in ("website", "vcs", "distribution") and reference["url"], "reference")
    for dependency in document["dependencies"]:
        mistakes.expect(refs >= {dependency["ref"], *dependency["dependsOn"]}, f"dependency {dependency}")
    listed = [dependency["ref"] for dependency in document["dependencies"]]
    mistakes.expect(len(set(listed)) == len(listed), "a dependency twice")


def _check_provenance(document, mistakes):
    mistakes.expect(document["_type"] == "https://in-toto.io/Statement/v1", "type")
    mistakes.expect(document["predicateType"] == "https://slsa.dev/provenance/v1", "predicate type")
    for subject in document["subject"]:
        _check_hash("SHA256", subject["digest"]["sha256"], mistakes)
    definition = document["predicate"]["buildDefinition"]
    mistakes.expect(URI.match(definition["buildType"]), "build type")
    mistakes.expect(isinstance(definition["externalParameters"], dict), "parameters")
    for dependency in definition["resolvedDependencies"]:
        mistakes.expect(dependency["uri"], "dependency")
    run = document["predicate"]["runDetails"]
    mistakes.expect(URI.match(run["builder"]["id"]), "builder")
    mistakes.expect(all(TIME.match(time) for time in run.get("metadata", {}).values()), "times")


def _by_schema(document):
    folder = os.environ.get("SLIPWAY_SBOM_SCHEMAS")
    if not folder or "_type" in document:
        return []
    import jsonschema
    schemas = {name: json.loads((pathlib.Path(folder) / name).read_text())
               for name in ("spdx-2.3.schema.json", "bom-1.5.schema.json", "spdx.schema.json", "jsf-0.82.schema.json")}
    if "spdxVersion" in document:
        validator = jsonschema.Draft201909Validator(schemas["spdx-2.3.schema.json"])
    else:
        schema = schemas["bom-1.5.schema.json"]
        store = {"http://cyclonedx.org/schema/" + name: content for name, content in schemas.items()}
        validator = jsonschema.Draft7Validator(schema, resolver=jsonschema.RefResolver(schema["$id"], schema, store))
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message}" for error in validator.iter_errors(document)]


class Sbom:
    """One view of both formats: components by name, and which is related to which."""

    def __init__(self, document):
        self.document = document
        self.components = {}
        self.relations = set()
        if "spdxVersion" in document:
            self._read_spdx()
        else:
            self._read_cyclonedx()

    def _read_spdx(self):
        names = {"SPDXRef-DOCUMENT": "the document"}
        for package in self.document["packages"]:
            names[package["SPDXID"]] = package["name"]
            references = {reference["referenceType"]: reference["referenceLocator"]
                          for reference in package.get("externalRefs", [])}
            licence = package["licenseDeclared"]
            self.components[package["name"]] = {
                "version": package.get("versionInfo"), "purl": references.get("purl"),
                "licence": None if licence == "NOASSERTION" else licence,
                "download": package["downloadLocation"].replace("NOASSERTION", "") or None,
                "build_id": package.get("comment", "").partition("Build ID: ")[2] or None,
                "hashes": {checksum["algorithm"]: checksum["checksumValue"] for checksum in package.get("checksums", [])}}
        for relation in self.document["relationships"]:
            self.relations.add((names[relation["spdxElementId"]], relation["relationshipType"],
                                names[relation["relatedSpdxElement"]]))

    def _read_cyclonedx(self):
        formulas = [part for formula in self.document.get("formulation", []) for part in formula["components"]]
        names = {}
        for component in [self.document["metadata"]["component"], *self.document["components"], *formulas]:
            names[component["bom-ref"]] = component["name"]
            (licence,) = component.get("licenses", [{}])
            urls = {reference["type"]: reference["url"] for reference in component.get("externalReferences", [])}
            properties = {entry["name"]: entry["value"] for entry in component.get("properties", [])}
            self.components[component["name"]] = {
                "version": component.get("version"), "purl": component.get("purl"),
                "licence": licence.get("expression") or licence.get("license", {}).get("name"),
                "download": urls.get("vcs") or urls.get("distribution"), "build_id": properties.get("slipway:build-id"),
                "hashes": {checksum["alg"].replace("-", ""): checksum["content"]
                           for checksum in component.get("hashes", [])}}
        for dependency in self.document["dependencies"]:
            for to in dependency["dependsOn"]:
                self.relations.add((names[dependency["ref"]], "DEPENDS_ON", names[to]))

    def related(self, start, kind, end):
        """CycloneDX knows one kind alone."""
        return any((start, one, end) in self.relations for one in (kind, "DEPENDS_ON"))
