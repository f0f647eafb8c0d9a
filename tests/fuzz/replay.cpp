// What libFuzzer does with -runs=0, for compilers that have none: each file of the
// folders named is given to the target once.
#include <cstdio>
#include <filesystem>

#include "base/file.hpp"
#include "fuzz.hpp"

int main(int count, char** words) {
  int replayed = 0;
  for (int i = 1; i < count; ++i) {
    if (*words[i] == '-') continue;
    for (const auto& entry : std::filesystem::directory_iterator(words[i])) {
      const auto text = slipway::read_file(entry.path());
      std::printf("%s\n", entry.path().c_str());
      std::fflush(stdout);
      LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
      ++replayed;
    }
  }
  return replayed > 0 ? 0 : 1;
}
