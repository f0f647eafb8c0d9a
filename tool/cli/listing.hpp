#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace slipway::cli {

class Command;

/// A table that users may have in a form of their own, as Docker's `ps`, `images`
/// and `history` print theirs.
struct Listing {
  using Fields = std::map<std::string, std::string>;

  /// What a template can name, with the heads of its columns.
  std::map<std::string, std::string> heads = {};
  std::vector<std::string> columns = {};  ///< of the table
  std::vector<Fields> rows = {};
};

/// The options that say how a Listing is printed.
struct ListingFlags {
  std::string format = {};  ///< empty: the table
  bool quiet = false;

  void add_to(Command& command, const std::string& quiet_help);

  /// As `format` says: "table", "table TEMPLATE", "json", or a template a row; with
  /// `quiet` the field ID of each row alone. Throws Errc::usage for templates that
  /// name what there is not.
  std::string render(const Listing& listing) const;
};

/// The values of --filter, "NAME=VALUE" each.
class Filters {
 public:
  /// Throws Errc::usage for a name that is none of `known`.
  Filters(const std::string& command, const std::vector<std::string>& texts,
          const std::vector<std::string>& known);

  /// All that was given for that name.
  std::vector<std::string> of(const std::string& name) const;

  /// None was given, or one of those equals `value`.
  bool accepts(const std::string& name, const std::string& value) const;

  /// As Docker matches labels: each "K" or "K=V" that was given is there.
  bool accepts_labels(const std::map<std::string, std::string>& labels) const;

 private:
  std::vector<std::pair<std::string, std::string>> given_ = {};
};

}  // namespace slipway::cli
