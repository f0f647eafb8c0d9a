#pragma once

#include <map>
#include <string>
#include <string_view>

namespace slipway {

/// What a name of --build-context stands for.
struct NamedContext {
  enum class Kind { directory, image };
  Kind kind = Kind::directory;
  std::string value = {};  ///< a directory, or an image's name as FROM takes it

  /// "<dir>", "oci-layout://<dir>[:<tag>|@<digest>]", "docker-image://<name>".
  /// Throws Errc::usage for places that contexts cannot come from.
  static NamedContext parse(std::string_view text);
};

/// The contexts of a build by name. They come before stages and images of the
/// same name; "debian", "debian:latest" and "docker.io/library/debian" are one.
class NamedContexts {
 public:
  /// "<name>=<context>"; of one name the last counts. A platform in the name
  /// ("name::os/arch") is passed over. Throws Errc::usage.
  void add(std::string_view text);

  /// nullptr: none of that name.
  const NamedContext* find(std::string_view name) const;

 private:
  std::map<std::string, NamedContext> contexts_ = {};
};

}  // namespace slipway
