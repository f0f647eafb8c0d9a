#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::corpus {

using Json = nlohmann::json;

/// What became of one case.
struct Verdict {
  enum class Kind { passed, failed, excepted } kind = Kind::passed;
  std::string why = {};
};

inline Verdict passed() { return {}; }
inline Verdict failed(std::string why) { return {Verdict::Kind::failed, std::move(why)}; }
/// The case asks for something that is none of ours, or wrong for a named reason.
inline Verdict excepted(std::string why) { return {Verdict::Kind::excepted, std::move(why)}; }

/// passed() when both print alike.
template <typename Value>
Verdict expect_equal(const Value& actual, const Value& expected) {
  if (actual == expected) return passed();
  return failed("got " + Json(actual).dump() + ", expected " + Json(expected).dump());
}

/// passed() when there is a mistake exactly where one is expected.
Verdict expect_error(const std::optional<std::string>& error, const Json& test);

using Check = std::function<Verdict(const Json& test)>;

/// Counts verdicts by kind of case, and prints failures as they come.
class Score {
 public:
  explicit Score(std::filesystem::path root) : root_(std::move(root)) {}

  /// Every case of a file such as "parser/flags.json".
  void run_file(const std::string& file, const Check& check);
  void add(const std::string& kind, const std::string& name, const Verdict& verdict);

  const std::filesystem::path& root() const noexcept { return root_; }

  /// Print the table; true when nothing failed.
  bool print() const;

 private:
  struct Count {
    int passed = 0;
    int failed = 0;
    std::map<std::string, int> exceptions = {};
  };
  std::filesystem::path root_;
  std::map<std::string, Count> counts_;
};

std::string read_text(const std::filesystem::path& path);

// Each of these runs the cases of its part of the corpus.
void run_files(Score& score);
void run_instructions(Score& score);
void run_words(Score& score);
void run_ignore(Score& score);
void run_lint(Score& score);

}  // namespace slipway::corpus
