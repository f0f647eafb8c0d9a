#include <catch2/catch.hpp>

#include "base/file.hpp"
#include "build/step_links.hpp"

using namespace slipway;

namespace {

Step step_of(const char* id, const char* beneath, const char* after = "",
             std::vector<SourceLines> before = {}) {
  Step step;
  step.id = id;
  step.beneath = beneath;
  step.after = after;
  step.before = std::move(before);
  return step;
}

}  // namespace

TEST_CASE("links pass over steps that list nothing", "[build][links]") {
  const TempDir dir(std::filesystem::temp_directory_path(), "slipway-test-");
  Plan plan;
  plan.steps = {step_of("0-base", ""), step_of("0-1", "0-base", "", {{"ENV A=1\n", 2}}),
                step_of("0-2", "0-1", "0-1"), step_of("0-3", "0-2", "0-2")};
  write_step_links(plan, dir.path());
  const auto links = StepLinks::read(dir.path());
  REQUIRE(links.find("0-3") != nullptr);
  CHECK(links.find("0-3")->beneath == "0-2");
  CHECK(links.find("0-3")->after == "0-1");
  CHECK(links.find("0-base")->beneath.empty());
  CHECK(links.find("1-1") == nullptr);
}

TEST_CASE("links that are missing or damaged are of no step", "[build][links]") {
  const TempDir dir(std::filesystem::temp_directory_path(), "slipway-test-");
  CHECK(StepLinks::read(dir.path()).find("0-1") == nullptr);
  write_file_if_changed(dir.path() / "steps.links", "0-1 0-base -\n");
  CHECK(StepLinks::read(dir.path()).find("0-1") == nullptr);
}
