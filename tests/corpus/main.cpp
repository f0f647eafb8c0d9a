// Runs the conformance corpus that is passed on beside the source tree:
//   dockerfile_corpus [FOLDER]     $SLIPWAY_CORPUS wins over FOLDER
// Exit status 77 where there is no such folder.
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>

#include "corpus/corpus.hpp"

namespace slipway::corpus {

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

Verdict expect_error(const std::optional<std::string>& error, const Json& test) {
  const bool expected = test.contains("error");
  if (error.has_value() == expected) return passed();
  return failed(expected ? "accepted, a mistake was expected" : "refused: " + *error);
}

void Score::run_file(const std::string& file, const Check& check) {
  const auto document = Json::parse(read_text(root_ / file));
  const auto kind = std::filesystem::path(file).replace_extension().string();
  for (const auto& test : document.at("cases")) {
    try {
      add(kind, test.at("name"), check(test));
    } catch (const std::exception& error) {
      add(kind, test.at("name"), failed(error.what()));
    }
  }
}

void Score::add(const std::string& kind, const std::string& name, const Verdict& verdict) {
  Count& count = counts_[kind];
  switch (verdict.kind) {
    case Verdict::Kind::passed:
      ++count.passed;
      break;
    case Verdict::Kind::failed:
      ++count.failed;
      std::cout << "FAILED " << kind << " " << name << ": " << verdict.why << "\n";
      break;
    case Verdict::Kind::excepted:
      ++count.exceptions[verdict.why];
      break;
  }
}

bool Score::print() const {
  bool good = true;
  for (const auto& [kind, count] : counts_) {
    std::cout << kind << ": " << count.passed << " passed, " << count.failed << " failed";
    for (const auto& [why, number] : count.exceptions) {
      std::cout << "\n    " << number << " left out: " << why;
    }
    std::cout << "\n";
    good = good && count.failed == 0;
  }
  return good;
}

}  // namespace slipway::corpus

int main(int argc, char** argv) {
  using namespace slipway::corpus;
  constexpr int skipped = 77;
  const char* const variable = std::getenv("SLIPWAY_CORPUS");
  const std::filesystem::path root = variable != nullptr ? variable : argc > 1 ? argv[1] : "";
  if (root.empty() || !std::filesystem::is_directory(root / "parser")) {
    std::cout << "skipped: there is no corpus in '" << root.string() << "' (see SLIPWAY_CORPUS)\n";
    return std::getenv("SLIPWAY_TEST_MUST_RUN") != nullptr ? EXIT_FAILURE : skipped;
  }
  Score score(root);
  run_files(score);
  run_instructions(score);
  run_words(score);
  run_ignore(score);
  run_lint(score);
  return score.print() ? EXIT_SUCCESS : EXIT_FAILURE;
}
