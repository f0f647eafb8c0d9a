#include "base/json.hpp"
#include "fuzz.hpp"
#include "sbom/facts.hpp"
#include "sbom/formats.hpp"
#include "sbom/image_contents.hpp"
#include "sbom/licence.hpp"
#include "sbom/package_database.hpp"
#include "sbom/package_managers.hpp"

// Whatever packages say of themselves, the documents about them are JSON.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway;
  using namespace slipway::sbom;
  const auto text = fuzz::text_of(data, size);
  Bill bill;
  bill.add({.kind = Kind::image, .name = std::string(text)});
  const auto system = parse_os_release(text);
  for (const auto& package : parse_dpkg_status(text))
    bill.add(system_component(package, system, false));
  for (const auto& package : parse_apk_installed(text)) {
    auto component = system_component(package, system, true);
    component.licence = licence_expression(package.licence, bill.licence_names);
    bill.add(std::move(component));
  }
  if (auto port = read_vcpkg_port(text, bill.licence_names)) bill.add(std::move(*port));
  const auto package = parse_conan_data(text);
  bill.add(conan_component(package ? package->name : "", parse_config_version(text),
                           licence_of_copyright(text, bill.licence_names)));
  bill.add({.name = licence_of_text(text)});
  (void)parse_vcpkg_status(text);
  fuzz::allow_refusal([&] { (void)parse_facts(text); });
  for (const auto format : {Format::spdx, Format::cyclonedx})
    fuzz::require(try_parse_json(write(bill, format)).has_value());
  return 0;
}
