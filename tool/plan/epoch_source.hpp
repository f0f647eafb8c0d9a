#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/diagnostics.hpp"
#include "dockerfile/ast.hpp"
#include "plan/plan.hpp"

namespace slipway {

/// What SOURCE_DATE_EPOCH names, as BuildKit's frontend reads it: a number of
/// seconds, "context", a context given by name, or a stage FROM scratch that is
/// one ADD from elsewhere and nothing else but ARGs.
class EpochSource {
 public:
  EpochSource(const dockerfile::Dockerfile& dockerfile, const PlanOptions& options,
              Diagnostics& diagnostics)
      : dockerfile_(dockerfile), options_(options), diagnostics_(diagnostics) {}

  /// Seconds since 1970; nullopt where the place does not know, or after a
  /// mistake, which is reported at `span` or at the stage. `scope` are the
  /// variables that a stage sees.
  std::optional<std::int64_t> read(const std::string& text, Span span,
                                   const std::map<std::string, std::string>& scope) const;

 private:
  using Variables = std::map<std::string, std::string>;

  std::optional<EpochPlace> find_place(const std::string& text, Span span,
                                       const Variables& scope) const;
  std::optional<EpochPlace> place_of_stage(const dockerfile::Stage& stage, Variables scope) const;
  std::string expand(const dockerfile::Word& word, const Variables& scope) const;

  const dockerfile::Dockerfile& dockerfile_;
  const PlanOptions& options_;
  Diagnostics& diagnostics_;
};

}  // namespace slipway
