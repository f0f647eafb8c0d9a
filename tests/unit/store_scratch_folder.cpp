#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "store/scratch_folder.hpp"

using namespace slipway;
namespace fs = std::filesystem;

namespace {

std::size_t folders_in(const fs::path& parent) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(parent), fs::directory_iterator()));
}

/// As a process that is killed leaves one.
void leave_one(const Store& store) {
  const auto child = ::fork();
  if (child == 0) {
    const ScratchFolder folder(store, "left-");
    make_directories(folder.path() / "a/b");
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
}

}  // namespace

TEST_CASE("a scratch folder goes with its object", "[store][scratch]") {
  const TempDir place(fs::temp_directory_path(), "scratch-");
  const auto store = Store::open(place.path());
  {
    const ScratchFolder folder(store, "one-");
    CHECK(fs::is_empty(folder.path()));
    CHECK(folder.path().parent_path() == place.path() / "scratch");
  }
  CHECK(folders_in(place.path() / "scratch") == 0);
}

TEST_CASE("what the dead left is removed, what is in use stays", "[store][scratch]") {
  const TempDir place(fs::temp_directory_path(), "scratch-");
  const auto store = Store::open(place.path());
  leave_one(store);
  CHECK(folders_in(place.path() / "scratch") == 1);
  const ScratchFolder first(store, "one-");
  const ScratchFolder second(store, "two-");
  CHECK(folders_in(place.path() / "scratch") == 2);
  CHECK(fs::exists(first.path()));
}
