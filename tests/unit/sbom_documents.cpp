#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "base/json.hpp"
#include "sbom/facts.hpp"
#include "sbom/formats.hpp"
#include "sbom/provenance.hpp"

using namespace slipway;
using namespace slipway::sbom;

namespace {

Bill small_bill() {
  Bill bill;
  bill.add({.kind = Kind::image, .name = "app:1", .version = "sha256:00"});
  bill.add({.kind = Kind::application, .name = "app", .licence = "LicenseRef-own"});
  bill.add({.kind = Kind::library, .name = "app"});
  bill.add({.kind = Kind::library, .name = "app"});
  bill.add({.kind = Kind::compiler, .name = "GCC", .version = "12"});
  bill.add({.kind = Kind::file, .name = "/bin/\xff", .build_id = "0a"});
  bill.relate(0, RelationKind::contains, 1);
  bill.relate(0, RelationKind::contains, 1);
  bill.relate(1, RelationKind::static_link, 2);
  bill.relate(1, RelationKind::static_link, 1);
  bill.relate(4, RelationKind::build_tool_of, 1);
  bill.licence_names["LicenseRef-own"] = "our own";
  return bill;
}

}  // namespace

TEST_CASE("each component has a name of its own in a document", "[sbom]") {
  CHECK(component_ids(small_bill()) == std::vector<std::string>{"Image-app-1", "Application-app",
                                                                "Library-app", "Library-app-2",
                                                                "Tool-GCC", "File--bin--"});
}

TEST_CASE("a bill as SPDX", "[sbom]") {
  const auto text = write_spdx(small_bill());
  CHECK(text == write_spdx(small_bill()));
  const auto json = parse_json(text);
  CHECK(json["spdxVersion"] == "SPDX-2.3");
  CHECK(json["creationInfo"]["created"] == "1970-01-01T00:00:00Z");
  CHECK(json["packages"].size() == 6);
  CHECK(json["packages"][1]["licenseDeclared"] == "LicenseRef-own");
  CHECK(json["packages"][5]["name"] == "/bin/\\xff");
  CHECK(json["packages"][5]["comment"] == "Build ID: 0a");
  CHECK(json["hasExtractedLicensingInfos"][0]["licenseId"] == "LicenseRef-own");
  // What a thing has to do with itself is left out, and what is said twice said once.
  REQUIRE(json["relationships"].size() == 4);
  CHECK(json["relationships"][0]["relationshipType"] == "DESCRIBES");
  CHECK(json["relationships"][2]["relationshipType"] == "STATIC_LINK");
  auto other = small_bill();
  other.components[0].version = "sha256:01";
  CHECK(parse_json(write_spdx(other))["documentNamespace"] != json["documentNamespace"]);
}

TEST_CASE("a bill as CycloneDX", "[sbom]") {
  const auto json = parse_json(write_cyclonedx(small_bill()));
  CHECK(json["specVersion"] == "1.5");
  CHECK(json["metadata"]["component"]["bom-ref"] == "Image-app-1");
  CHECK(json["components"].size() == 4);  // less the image and the compiler
  CHECK(json["components"][0]["licenses"][0]["license"]["name"] == "our own");
  CHECK(json["formulation"][0]["components"][0]["name"] == "GCC");
  REQUIRE(json["dependencies"].size() == 2);
  CHECK(json["dependencies"][1]["dependsOn"][0] == "Library-app");
}

TEST_CASE("checksums and addresses are those that both formats take", "[sbom]") {
  const std::string digits(64, 'A');
  REQUIRE(checksum_of("sha3_256", digits));
  CHECK(checksum_of("sha3_256", digits)->algorithm == "SHA3-256");
  CHECK(checksum_of("sha3_256", digits)->value == std::string(64, 'a'));
  CHECK_FALSE(checksum_of("SHA256", "12"));
  CHECK_FALSE(checksum_of("SHA224", std::string(56, 'a')));
  CHECK_FALSE(checksum_of("SHA256", std::string(64, 'x')));
  CHECK(web_address("https://example.org/a") == "https://example.org/a");
  CHECK(web_address("https://example.org/a b").empty());
  CHECK(web_address("example.org").empty());
}

TEST_CASE("a name made of a text is a UUID", "[sbom]") {
  CHECK(uuid_of("") == "e3b0c442-98fc-5c14-9afb-f4c8996fb924");
  CHECK(uuid_of("a") != uuid_of("b"));
}

TEST_CASE("facts are records of lines", "[sbom]") {
  const auto facts = parse_facts(
      "slipway-facts 1\n# comment\nproject demo\nversion 2.5\nsource /s\n\ncompiler GNU\nversion 12\nlibraries c;m\n"
      "target app\ntype EXECUTABLE\nroot\nfile /b/app\nstatic -static\nlinks a;;-lm; b\nlinks \nunknown x\n"
      "target a\nimported\npackage A\npackage-directory /p\nversion \n"
      "fetched greeting\nurl \nrepository file:///g\ntag v1 with blanks\nsource /b/_deps/g-src\n"
      "origins /b/o\nsysroot /r\n");
  REQUIRE(facts.projects.size() == 1);
  CHECK(facts.projects[0].version == "2.5");
  CHECK(facts.compilers[0].name == "GNU");
  CHECK(facts.compilers[0].libraries == std::vector<std::string>{"c", "m"});
  CHECK(facts.targets.at(0).static_flags == std::vector<std::string>{"-static"});
  REQUIRE(facts.targets.size() == 2);
  CHECK(facts.targets[0].is_root);
  CHECK(facts.targets[0].links == std::vector<std::string>{"a", "-lm", "b"});
  CHECK(facts.targets[1].is_imported);
  CHECK(facts.targets[1].package_directory == "/p");
  CHECK(facts.fetched[0].repository == "file:///g");
  CHECK(facts.fetched[0].tag == "v1 with blanks");
  CHECK(facts.origins == std::vector<std::filesystem::path>{"/b/o"});
  CHECK(facts.sysroot == "/r");
}

TEST_CASE("what is no text of facts is refused by its line", "[sbom]") {
  const auto [text, why] = GENERATE(table<std::string, std::string>({
      {"", "line 1: '' is not 'slipway-facts 1'"},
      {"slipway-facts 2\n", "line 1: 'slipway-facts 2' is not 'slipway-facts 1'"},
      {"slipway-facts 1\nversion 1\n", "line 2: 'version 1' belongs to no record"},
  }));
  CHECK_THROWS_WITH(parse_facts(text), why);
}

TEST_CASE("provenance is a statement about the image's manifest", "[sbom]") {
  Provenance provenance{.image = "app", .digest = "sha256:00ff", .builder = default_builder};
  provenance.materials = {{"git+https://example.org/x@1", {{"gitCommit", "1"}}}};
  const auto json = parse_json(write_provenance(provenance));
  CHECK(json["subject"][0]["digest"]["sha256"] == "00ff");
  CHECK(json["predicateType"] == "https://slsa.dev/provenance/v1");
  const auto& predicate = json["predicate"];
  CHECK(predicate["buildDefinition"]["resolvedDependencies"][0]["digest"]["gitCommit"] == "1");
  CHECK_FALSE(predicate["runDetails"].contains("metadata"));
  provenance.time = 60;
  CHECK(parse_json(
            write_provenance(provenance))["predicate"]["runDetails"]["metadata"]["startedOn"] ==
        "1970-01-01T00:01:00Z");
}
