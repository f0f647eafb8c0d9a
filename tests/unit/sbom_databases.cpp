#include <catch2/catch.hpp>

#include "sbom/licence.hpp"
#include "sbom/package_database.hpp"
#include "sbom/package_managers.hpp"

using namespace slipway::sbom;

TEST_CASE("dpkg's status has what is installed, and its source package", "[sbom]") {
  const auto packages = parse_dpkg_status(
      "Package: zlib1g\nStatus: install ok installed\nArchitecture: amd64\n"
      "Source: zlib (1:1.2.13)\nVersion: 1:1.2.13.dfsg-1\nMaintainer: M <m@example.org>\n"
      "Homepage: http://zlib.net/\nDescription: compression\n zlib is\n .\n a library\n\n"
      "Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n\n\n"
      "Package: no-version\nStatus: install ok installed\n\nPackage: base-files\nVersion: 12");
  REQUIRE(packages.size() == 2);
  CHECK(packages[0].name == "zlib1g");
  CHECK(packages[0].source == "zlib");
  CHECK(packages[0].homepage == "http://zlib.net/");
  CHECK(packages[1].source == "base-files");
  const OsRelease system{.id = "debian", .version = "12"};
  CHECK(deb_purl(packages[0], system) ==
        "pkg:deb/debian/zlib1g@1%3A1.2.13.dfsg-1?arch=amd64&distro=debian-12&upstream=zlib");
  CHECK(parse_dpkg_status("").empty());
}

TEST_CASE("apk's database has packages with their files", "[sbom]") {
  const auto packages = parse_apk_installed(
      "C:Q1\nP:musl\nV:1.2.4-r2\nA:x86_64\nL:MIT\no:musl\nF:lib\nR:ld-musl-x86_64.so.1\na:0:0:755\n"
      "F:\nR:top\n\nP:ssl_client\nV:1.36.1-r5\nA:x86_64\no:busybox\n\nX\n");
  REQUIRE(packages.size() == 2);
  CHECK(packages[0].files == std::vector<std::string>{"lib/ld-musl-x86_64.so.1", "top"});
  CHECK(packages[0].licence == "MIT");
  CHECK(apk_purl(packages[1], {.id = "alpine", .version = "3.18.4"}) ==
        "pkg:apk/alpine/ssl_client@1.36.1-r5?arch=x86_64&distro=alpine-3.18.4&upstream=busybox");
}

TEST_CASE("os-release is read as a shell would", "[sbom]") {
  const auto release = parse_os_release(
      "# comment\nNAME=\"Debian \\\"GNU/Linux\\\"\"\nID=debian\nVERSION_ID='12'\nCPE_NAME=cpe:/o:x:y\n=\n");
  CHECK(release.name == "Debian \"GNU/Linux\"");
  CHECK(release.version == "12");
  CHECK(release.cpe == "cpe:/o:x:y");
}

TEST_CASE("licences become expressions, or names of their own", "[sbom]") {
  LicenceNames names;
  const auto [text, expression] = GENERATE(table<std::string, std::string>({
      {"MIT", "MIT"},
      {" GPL-2.0-or-later WITH Bison-exception-2.2 ", "GPL-2.0-or-later WITH Bison-exception-2.2"},
      {"MIT AND (BSD-2-Clause OR ISC)", "MIT AND (BSD-2-Clause OR ISC)"},
      {"MIT BSD", "LicenseRef-MIT-BSD"},
      {"mit and apache-2.0", "LicenseRef-mit-and-apache-2.0"},
      {"mit AND apache-2.0+ OR GPL-2.0+", "MIT AND Apache-2.0+ OR GPL-2.0+"},
      {"BSD AND (MIT OR Own-1.0+)", "LicenseRef-BSD AND (MIT OR LicenseRef-Own-1.0-)"},
      {"MIT AND GPL-2.0-only WITH own-exception",
       "MIT AND LicenseRef-GPL-2.0-only-WITH-own-exception"},
      {"gpl-3.0-only with GCC-exception-3.1", "LicenseRef-gpl-3.0-only-with-GCC-exception-3.1"},
      {"gpl-3.0-only WITH gcc-exception-3.1", "GPL-3.0-only WITH GCC-exception-3.1"},
      {"LicenseRef-Alpine", "LicenseRef-Alpine"},
      {"NOASSERTION", ""},
      {"", ""},
      {"MIT AND", "LicenseRef-MIT-AND"},
      {"custom: own", "LicenseRef-custom--own"},
      {"(MIT", "LicenseRef--MIT"},
  }));
  CAPTURE(text);
  CHECK(licence_expression(text, names) == expression);
}

TEST_CASE("every name of Debian's stands for what is on the list of SPDX", "[sbom]") {
  LicenceNames names;
  for (const auto* text :
       {"GPL-2+", "LGPL-2.1", "Artistic", "Expat", "GFDL-NIV-1.3+", "BSD-4-clause-UC",
        "GPL-3+ with Autoconf exception", "Apache-2 LLVM exceptions"}) {
    CAPTURE(text);
    const auto expression = licence_of_copyright(
        std::string("Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/"
                    "\n\nFiles: *\nLicense: ") +
            text + "\n",
        names);
    LicenceNames unknown;
    CHECK(licence_expression(expression, unknown) == expression);
  }
  CHECK(names.empty());
}

TEST_CASE("a debian/copyright tells the licences of all files but the packaging's", "[sbom]") {
  LicenceNames names;
  const std::string head =
      "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n";
  CHECK(licence_of_copyright(head +
                                 "Files: *\nLicense: Zlib\n text\n\nFiles: a b\n c\nCopyright: x\n"
                                 "License: GPL-2+ or Expat\n\nFiles: debian/*\nLicense: GPL-3\n\n"
                                 "License: GPL-2+\n text\n",
                             names) == "(GPL-2.0-or-later OR MIT) AND Zlib");
  CHECK(licence_of_copyright(head + "Files: *\nLicense: GPL-2+ or Artistic, and Expat\n", names) ==
        "((GPL-2.0-or-later OR Artistic-1.0) AND MIT)");
  CHECK(licence_of_copyright(head + "Files: *\nLicense: Zlib, and GPL-2 or ISC\n", names) ==
        "(Zlib AND (GPL-2.0-only OR ISC))");
  CHECK(licence_of_copyright(head + "Files: *\nLicense: GPL-3+ with Bison exception\n", names) ==
        "GPL-3.0-or-later WITH Bison-exception-2.2");
  CHECK(licence_of_copyright(
            head + "Files: *\nLicense: Zlib and Expat\n\nFiles: b\nLicense: Expat\n", names) ==
        "MIT AND Zlib");
  CHECK(licence_of_copyright(head + "Files: *\nLicense: or and, or\n", names) ==
        "LicenseRef-or-and--or");
  CHECK(licence_of_copyright(head + "Files: *\nLicense: public-domain\n", names) ==
        "LicenseRef-public-domain");
  CHECK(names.at("LicenseRef-public-domain") == "public-domain");
  CHECK(licence_of_copyright("Copyright (c) me", names).empty());
}

TEST_CASE("a licence's text is known by its identifier or title", "[sbom]") {
  CHECK(licence_of_text("/* SPDX-License-Identifier: MIT OR Apache-2.0 */\n") ==
        "MIT OR Apache-2.0");
  CHECK(licence_of_text("\n  MIT License\n\nCopyright") == "MIT");
  CHECK(licence_of_text("  Boost Software License - Version 1.0 - August 17th") == "BSL-1.0");
  CHECK(licence_of_text("// SPDX-License-Identifier: Own-1.0\nMIT License").empty());
  CHECK(licence_of_text("All rights reserved").empty());
}

TEST_CASE("vcpkg's own SPDX document tells a port's version, licence and archive", "[sbom]") {
  LicenceNames names;
  const auto port = read_vcpkg_port(R"({"packages": [
      {"SPDXID": "SPDXRef-port", "name": "fmt", "versionInfo": "10.1.1#2",
       "licenseConcluded": "MIT", "downloadLocation": "git+https://example.org/vcpkg@tree"},
      {"SPDXID": "SPDXRef-binary", "name": "fmt:x64-linux"},
      {"SPDXID": "SPDXRef-resource-1", "downloadLocation": "git+https://example.org/fmt@10.1.1",
       "checksums": [{"algorithm": "SHA512", "checksumValue": "00"}, 1,
                    {"algorithm": "MD5", "checksumValue": "ABababababababababababababababab"}]}]})",
                                    names);
  REQUIRE(port);
  CHECK(port->version == "10.1.1#2");
  CHECK(port->licence == "MIT");
  CHECK(port->download == "git+https://example.org/fmt@10.1.1");
  REQUIRE(port->checksums.size() == 1);
  CHECK(port->checksums[0].algorithm == "MD5");
  CHECK(port->purl == "pkg:vcpkg/fmt@10.1.1%232");
  for (const auto* text :
       {"", "[]", "{}", R"({"packages": {}})", R"({"packages": [1, {"name": 2}]})",
        R"({"packages": [{"SPDXID": "SPDXRef-port"}]})"})
    CHECK_FALSE(read_vcpkg_port(text, names));
}

TEST_CASE("vcpkg's status has versions, and features without", "[sbom]") {
  const auto versions = parse_vcpkg_status(
      "Package: curl\nVersion: 8.4.0\nPort-Version: 1\nStatus: install ok installed\n\n"
      "Package: curl\nFeature: ssl\nStatus: install ok installed\n\n"
      "Package: zlib\nVersion: 1.3\nStatus: purge ok not-installed\n\n"
      "Package: fmt\nVersion: 10.0\nStatus: install ok installed\n");
  CHECK(versions == std::map<std::string, std::string>{{"curl", "8.4.0#1"}, {"fmt", "10.0"}});
}

TEST_CASE("Conan's packages are known by what CMakeDeps writes", "[sbom]") {
  const auto package = parse_conan_data(
      "# comment\nset(zlib_COMPONENT_NAMES \"\")\n  set(zlib_PACKAGE_FOLDER_RELEASE \"/c/p/z/p\")\n");
  REQUIRE(package);
  CHECK(package->name == "zlib");
  CHECK(package->folder == "/c/p/z/p");
  CHECK_FALSE(parse_conan_data("set(x \"_PACKAGE_FOLDER_\")\nset(_PACKAGE_FOLDER_A \"x\")\n"));
  CHECK(parse_config_version("set(PACKAGE_VERSION \"1.3.1\")\nset(PACKAGE_VERSION_EXACT TRUE)\n") ==
        "1.3.1");
  CHECK(parse_config_version("set(OTHER_PACKAGE_VERSION \"1\")\n").empty());
  CHECK(conan_component("zlib", "1.3.1", "Zlib").purl == "pkg:conan/zlib@1.3.1");
}
