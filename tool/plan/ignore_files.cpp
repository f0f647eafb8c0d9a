#include "plan/ignore_files.hpp"

namespace slipway {

std::vector<std::string> ignore_files_of(const std::string& context,
                                         const std::string& dockerfile) {
  std::vector<std::string> files;
  if (!dockerfile.empty()) files = {dockerfile + ".dockerignore", dockerfile + ".containerignore"};
  files.push_back(context + "/.containerignore");
  files.push_back(context + "/.dockerignore");
  return files;
}

}  // namespace slipway
