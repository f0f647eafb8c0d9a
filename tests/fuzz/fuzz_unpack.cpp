#include <fcntl.h>

#include <algorithm>
#include <filesystem>

#include "base/file.hpp"
#include "fuzz.hpp"
#include "layer/unpack.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway;
  const auto source = [&] {
    return [rest = std::span(reinterpret_cast<const std::byte*>(data), size)](
               std::span<std::byte> buffer) mutable {
      const auto count = std::min(rest.size(), buffer.size());
      std::ranges::copy(rest.first(count), buffer.begin());
      rest = rest.subspan(count);
      return count;
    };
  };
  fuzz::allow_refusal([&] { (void)list_layer(source()); });
  const TempDir outer(std::filesystem::temp_directory_path(), "slipway-fuzz-");
  const auto root = outer.path() / "root";
  std::filesystem::create_directory(root);
  fuzz::allow_refusal([&] {
    unpack(source(), open_file(root, O_RDONLY | O_DIRECTORY),
           {.owners = Owners::ours, .devices = false});
  });
  // Nothing may lie beside the root.
  const auto entries = std::filesystem::directory_iterator(outer.path());
  fuzz::require(std::distance(begin(entries), end(entries)) == 1);
  return 0;
}
