#pragma once

#include <string>
#include <vector>

#include "lint/model.hpp"

namespace slipway::lint {

/// What a build of one stage can be given, for `build --call=outline`.
struct Outline {
  struct Item {
    std::string name = {};
    std::string description = {};
    std::string value = {};
    bool required = false;
    int line = 0;
  };
  std::string name = {};
  std::string description = {};
  std::vector<Item> arguments = {};
  std::vector<Item> secrets = {};
  std::vector<Item> ssh = {};
  std::vector<Item> caches = {};
};

/// Of the stage that options.target names (else the last) and all that it needs.
/// Throws Errc::input for an unknown target.
Outline make_outline(const dockerfile::Dockerfile& file, Options options);

/// What the comment above an instruction says of `name`:
///   # name the rest is the description
std::string description_of(const dockerfile::Instruction& instruction, const std::string& name);

}  // namespace slipway::lint
