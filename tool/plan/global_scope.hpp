#pragma once

#include <cstdint>
#include <string>

#include "base/diagnostics.hpp"
#include "dockerfile/ast.hpp"
#include "plan/plan.hpp"

namespace slipway {

/// What FROM's words see, and the ARGs of all stages: build arguments, platform
/// arguments and the ARGs before the first FROM.
class GlobalScope {
 public:
  GlobalScope(const dockerfile::Dockerfile& dockerfile, const PlanOptions& options,
              Diagnostics& diagnostics);

  std::string expand(const dockerfile::Word& word) const;

  const ArgumentValues& arguments() const noexcept { return arguments_; }
  std::int64_t epoch() const noexcept { return epoch_; }

 private:
  void define(const dockerfile::Arg::Definition& definition, const PlanOptions& options);
  void take_epoch(const dockerfile::Dockerfile& dockerfile, const PlanOptions& options);

  char escape_;
  Diagnostics& diagnostics_;
  ArgumentValues arguments_ = {};
  std::int64_t epoch_ = 0;
  Span epoch_span_ = {};  ///< of the default that SOURCE_DATE_EPOCH has in the file
};

}  // namespace slipway
