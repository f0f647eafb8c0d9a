#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <vector>

#include "dockerfile/expand.hpp"

using namespace slipway::dockerfile;

namespace {

using Texts = std::vector<std::string>;

std::optional<std::string> lookup(std::string_view name) {
  static const std::map<std::string, std::string, std::less<>> values = {
      {"a", "x.tar.gz"}, {"empty", ""}, {"s", "b  c"}, {"path", "/a/b/c"}, {"\u540D", "name"}};
  const auto value = values.find(name);
  return value == values.end() ? std::nullopt : std::optional(value->second);
}

}  // namespace

TEST_CASE("every form of a variable expands", "[dockerfile][expand]") {
  const auto [word, text] = GENERATE(table<std::string, std::string>({
      {"$a", "x.tar.gz"},
      {"${a}b", "x.tar.gzb"},
      {"$none-$", "-$"},
      {"\\$a", "$a"},
      {"'$a'", "$a"},
      {"\"$a \\\" '\\n\"", "x.tar.gz \" '\\n"},
      {"${none:-d$s}", "db  c"},
      {"${empty-d}", ""},
      {"${empty:-d}", "d"},
      {"${a:+d}${empty:+d}${empty+e}", "de"},
      {"${a?no}", "x.tar.gz"},
      {"${a%.*}", "x.tar"},
      {"${a%%.*}", "x"},
      {"${path#*/}", "a/b/c"},
      {"${path##*/}", "c"},
      {"${path/\\//-}", "-a/b/c"},
      {"${path//\\//-}", "-a-b-c"},
      {"${a/?tar*/}", "x"},
      {"${empty//*/z}", "z"},
      {"$\u540D", "name"},
      {"${none:-'$a'\"$s\"}", "$ab  c"},
      {"a\\", "a"},
  }));
  CAPTURE(word);
  const auto result = expand_word(word, lookup);
  CHECK(result.error.value_or("") == "");
  CHECK(result.text == text);
}

TEST_CASE("a malformed word says why", "[dockerfile][expand]") {
  const auto [word, error] = GENERATE(table<std::string, std::string>({
      {"'a", "missing closing single quote"},
      {"\"a", "missing closing double quote"},
      {"${a", "missing '}' in substitution"},
      {"${a:-b", "missing '}' in substitution"},
      {"${path//}", "missing '/' in ${}"},
      {"${}", "bad substitution"},
      {"${a=b}", "unsupported modifier (=) in substitution"},
      {"${a:#b}", "unsupported modifier (:#) in substitution"},
      {"${none:?}", "none: is not allowed to be unset"},
      {"${empty:?}", "empty: is not allowed to be empty"},
      {"${none?say $s}", "none: say b  c"},
      {"${a#\\x}", "invalid pattern '\\x' in substitution: invalid escape '\\x'"},
  }));
  CAPTURE(word);
  CHECK(expand_word(word, lookup).error == error);
}

TEST_CASE("the escape character is the file's", "[dockerfile][expand]") {
  CHECK(expand_word("`$a\\b", lookup, '`').text == "$a\\b");
}

TEST_CASE("values split where they are not quoted", "[dockerfile][expand]") {
  CHECK(expand_words("1$s \"$s\" '' a\\ b", lookup).words == Texts{"1b", "c", "b  c", "a b"});
  CHECK(expand_words("x${none:-y} z", lookup).words == Texts{"xy", "z"});
}

TEST_CASE("variables without a value are named, each once", "[dockerfile][expand]") {
  CHECK(expand_word("$q$p${q}${r:-$t}$a", lookup).unset == Texts{"q", "p", "t", "r"});
}

TEST_CASE("a heredoc expands, and its quotes stay", "[dockerfile][expand]") {
  CHECK(expand_heredoc("it's \"$a\" '$s' \\$a\n", lookup).text == "it's \"x.tar.gz\" 'b  c' $a\n");
}

TEST_CASE("the variables of a word are found without values", "[dockerfile][expand]") {
  CHECK(mentioned_variables("$b${c:?no}'$d'\"${e:+$f}\"${g#$h}") ==
        Texts{"b", "c", "f", "e", "h", "g"});
  CHECK(mentioned_variables("plain").empty());
}

TEST_CASE("depth is bounded", "[dockerfile][expand]") {
  std::string word;
  for (int i = 0; i < 100'000; ++i) word += "${none:-";
  CHECK(expand_word(word, lookup).error == "substitutions are nested too deeply");
}

TEST_CASE("a text that names itself over and over stays small", "[dockerfile][expand]") {
  std::string text = "x";
  const auto lookup = [&](std::string_view) { return std::optional(text); };
  std::optional<std::string> error;
  for (int i = 0; i < 40 && !error; ++i) {
    auto expansion = expand_word("$a$a", lookup);
    error = expansion.error;
    text = std::move(expansion.text);
  }
  CHECK(error == "the text that variables give is too long");
  text = "0123456789";
  std::string nested = "y";
  for (int i = 0; i < 10; ++i) nested = "${a///" + nested + "}";
  CHECK(expand_word(nested, lookup).error == "the text that a substitution gives is too long");
}

TEST_CASE("a pattern of many stars takes no time", "[dockerfile][expand]") {
  const std::string stars = "${v##*a*a*a*a*a*a*a*a*a*a*a*a*b}";
  const std::string value(20'000, 'a');
  const auto result = expand_word(stars, [&](std::string_view) { return std::optional(value); });
  CHECK(result.text == value);
}
