#include "cli/engine.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

#include "base/error.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "layer/archive.hpp"

namespace slipway::cli {

std::string find_engine() {
  const char* path = std::getenv("PATH");
  for (const std::string engine : {"docker", "podman"}) {
    for (const auto& folder : split(path == nullptr ? "/usr/bin" : path, ':')) {
      if (::access(fmt::format("{}/{}", folder, engine).c_str(), X_OK) == 0) return engine;
    }
  }
  throw Error(Errc::environment, "load the image: there is neither docker nor podman in the PATH")
      .with_hint("write an archive instead: --output type=docker,dest=image.tar");
}

void load_into_engine(const std::string& engine, const Layout& layout, const LocatedImage& image,
                      const std::vector<std::string>& names) {
  const int status =
      with_context([&] { return fmt::format("load into {}", engine); },
                   [&] {
                     return run_fed({.argv = {engine, "load"}}, [&](const ByteSink& write) {
                       write_archive(ArchiveKind::docker, layout, image, names, write);
                     });
                   });
  if (status == 0) return;
  throw Error(Errc::environment,
              fmt::format("load into {}: '{} load' exited with status {}", engine, engine, status));
}

}  // namespace slipway::cli
