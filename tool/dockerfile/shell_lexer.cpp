#include "dockerfile/shell_lexer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/error.hpp"
#include "dockerfile/shell_pattern.hpp"
#include "dockerfile/unicode.hpp"

namespace slipway::dockerfile {
namespace {

/// Deeper ${a:-${b:-...}} is nobody's wish and would use up the stack.
constexpr int deepest_nesting = 500;

/// How much longer a text may become: a few words that name each other could fill any memory.
constexpr std::size_t most_added = 1 << 20;

[[noreturn]] void refuse_word(std::string message) { throw Error(Errc::input, std::move(message)); }

/// Parts of a text to words, at white space.
class WordSplitter {
 public:
  /// Text in which white space parts words.
  void add(std::string_view text) {
    while (!text.empty()) {
      const Rune rune = decode_rune(text);
      if (is_space(rune.value)) {
        end_word();
      } else {
        word_ += text.substr(0, rune.length);
      }
      text.remove_prefix(rune.length);
    }
  }

  void add_protected(std::string_view text) { word_ += text; }

  std::vector<std::string> finish() {
    end_word();
    return std::move(words_);
  }

 private:
  void end_word() {
    if (!word_.empty()) words_.push_back(std::exchange(word_, {}));
  }

  std::string word_;
  std::vector<std::string> words_;
};

class ShellLexer {
 public:
  ShellLexer(std::string_view source, const ShellLexing& how, const Lookup& lookup)
      : rest_(source),
        how_(how),
        keep_escapes_(how.keep_escapes),
        lookup_(lookup),
        most_text_(source.size() + most_added) {}

  ShellText run() {
    WordSplitter splitter;
    ShellText result;
    result.text = read_until('\0', how_.split ? &splitter : nullptr);
    if (how_.split) result.words = splitter.finish();
    return result;
  }

 private:
  bool at_end() const { return rest_.empty(); }
  bool next_is(char c) const { return rest_.starts_with(c); }

  char take() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  std::string_view take_rune() { return take_front(decode_rune(rest_).length); }

  bool is_special(char c, char stop) const {
    if (c == '$' || c == '<' || c == how_.escape || (stop != '\0' && c == stop)) return true;
    return !how_.plain_quotes && (c == '\'' || c == '"');
  }

  /// Up to `stop`, which is taken too; '\0': up to the end.
  std::string read_until(char stop, WordSplitter* words) {
    std::string result;
    while (!at_end()) {
      if (stop != '\0' && next_is(stop)) {
        take();
        return result;
      }
      read_part(stop, result, words);
    }
    if (stop == '}') refuse_word("missing '}' in substitution");
    if (stop == '/') refuse_word("missing '/' in ${}");
    return result;
  }

  void read_part(char stop, std::string& result, WordSplitter* words) {
    const auto put = [&](std::string_view text, bool splits) {
      if (result.size() + text.size() > most_text_)
        refuse_word("the text that variables give is too long");
      result += text;
      if (words == nullptr) return;
      splits ? words->add(text) : words->add_protected(text);
    };
    const char c = rest_.front();
    if (c == '$') return put(dollar(), true);
    if (c == '<') return put(heredoc_sign(), false);
    if (c == '\'' && !how_.plain_quotes) return put(single_quoted(), false);
    if (c == '"' && !how_.plain_quotes) return put(double_quoted(), false);
    if (c == how_.escape) return put(escaped(), false);
    std::size_t length = 1;
    while (length < rest_.size() && !is_special(rest_[length], stop)) ++length;
    put(rest_.substr(0, length), true);
    rest_.remove_prefix(length);
  }

  /// The escape character and what it protects; alone at the end it is dropped.
  std::string escaped() {
    std::string result(1, take());
    if (!keep_escapes_) result.clear();
    if (!at_end()) result += take_rune();
    return result;
  }

  /// "<<" and "<<-" keep the blanks behind them, so that `<< EOF` is one word.
  std::string_view heredoc_sign() {
    constexpr std::string_view blanks = " \t\r";
    if (!rest_.starts_with("<<")) return take_front(1);
    std::size_t end = 2;
    const bool chomps = rest_.size() > end + 1 && rest_[end] == '-' &&
                        blanks.find(rest_[end + 1]) != std::string_view::npos;
    if (chomps) ++end;
    return take_front(std::min(rest_.find_first_not_of(blanks, end), rest_.size()));
  }

  std::string_view take_front(std::size_t length) {
    const std::string_view front = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return front;
  }

  std::string_view single_quoted() {
    const std::size_t closing = rest_.find('\'', 1);
    if (closing == std::string_view::npos) refuse_word("missing closing single quote");
    const std::string_view quoted = rest_.substr(0, closing + 1);
    rest_.remove_prefix(closing + 1);
    return how_.keep_quotes ? quoted : quoted.substr(1, closing - 1);
  }

  std::string double_quoted() {
    std::string result;
    take();
    while (!at_end()) {
      if (next_is('"')) {
        take();
        return how_.keep_quotes ? '"' + result + '"' : result;
      }
      if (next_is('$')) {
        result += dollar();
        continue;
      }
      const char c = take();
      if (c != how_.escape) {
        result.push_back(c);
        continue;
      }
      // Only these three can be escaped here; otherwise the character is itself.
      if (keep_escapes_) result.push_back(c);
      if (at_end()) break;
      const bool protects = next_is('"') || next_is('$') || next_is(how_.escape);
      result.push_back(protects ? take() : c);
    }
    refuse_word("missing closing double quote");
  }

  /// $name, ${...}, or a dollar sign on its own.
  std::string dollar() {
    take();
    if (next_is('{')) {
      take();
      return braces();
    }
    const std::string name = read_name();
    if (name.empty()) return "$";
    const auto value = lookup_(name);
    return value || !how_.keep_unset ? value.value_or("") : "$" + name;
  }

  std::string braces() {
    if (at_end()) refuse_word("missing '}' in substitution");
    if (next_is('{') || next_is('}') || next_is(':')) refuse_word("bad substitution");
    const std::string name = read_name();
    if (at_end()) refuse_word("missing '}' in substitution");
    const std::string_view sign = take_rune();
    if (sign == "}") {
      const auto value = lookup_(name);
      return value || !how_.keep_unset ? value.value_or("") : "${" + name + "}";
    }
    if (++depth_ > deepest_nesting) refuse_word("substitutions are nested too deeply");
    std::string result = modified(name, sign);
    --depth_;
    return result;
  }

  std::string modified(const std::string& name, std::string_view sign) {
    if (sign == "/") return replaced(name);
    if (sign == "#" || sign == "%") return trimmed(name, sign.front());
    const bool null_is_unset = sign == ":";
    if (null_is_unset) {
      if (at_end()) refuse_word("missing '}' in substitution");
      sign = take_rune();
    }
    if (sign != "-" && sign != "+" && sign != "?") {
      refuse_word(fmt::format("unsupported modifier ({}{}) in substitution",
                              null_is_unset ? ":" : "", sign));
    }
    const std::string word = with_escapes(false, [&] { return read_until('}', nullptr); });
    const auto value = lookup_(name);
    if (!value && how_.keep_unset) {
      return fmt::format("${{{}{}{}{}}}", name, null_is_unset ? ":" : "", sign, word);
    }
    const bool has_value = value && !(null_is_unset && value->empty());
    if (sign == "+") return has_value ? word : "";
    if (!has_value && sign == "-") return word;
    if (!has_value) {
      const std::string_view why =
          value ? "is not allowed to be empty" : "is not allowed to be unset";
      refuse_word(fmt::format("{}: {}", name, word.empty() ? why : word));
    }
    return *value;
  }

  std::string trimmed(const std::string& name, char sign) {
    const std::string word = with_escapes(true, [&] { return read_until('}', nullptr); });
    const auto value = lookup_(name);
    if (!value && how_.keep_unset) return fmt::format("${{{}{}{}}}", name, sign, word);
    const bool longest = word.starts_with(sign);
    const auto pattern = ShellPattern::parse(std::string_view(word).substr(longest ? 1 : 0));
    const auto length = longest ? ShellPattern::Length::longest : ShellPattern::Length::shortest;
    return sign == '#' ? pattern.trim_prefix(value.value_or(""), length)
                       : pattern.trim_suffix(value.value_or(""), length);
  }

  std::string replaced(const std::string& name) {
    const bool all = next_is('/');
    if (all) take();
    const std::string pattern = with_escapes(true, [&] { return read_until('/', nullptr); });
    const std::string with = with_escapes(true, [&] { return read_until('}', nullptr); });
    const auto value = lookup_(name);
    if (!value && how_.keep_unset) return fmt::format("${{{}/{}/{}}}", name, pattern, with);
    return ShellPattern::parse(pattern).replace(
        value.value_or(""), with, all ? ShellPattern::Count::all : ShellPattern::Count::first,
        most_text_);
  }

  template <typename Body>
  std::string with_escapes(bool keep, Body&& body) {
    const bool before = std::exchange(keep_escapes_, keep);
    std::string result = body();
    keep_escapes_ = before;
    return result;
  }

  /// Letters, digits and '_'; or a number; or one of the shell's special names.
  std::string read_name() {
    if (at_end()) return {};
    const bool number = is_digit(decode_rune(rest_).value);
    if (!number && std::string_view("@*#?-$!").find(rest_.front()) != std::string_view::npos) {
      return std::string(1, take());
    }
    std::string name;
    while (!at_end()) {
      const char32_t rune = decode_rune(rest_).value;
      const bool belongs = is_digit(rune) || (!number && (is_letter(rune) || rune == U'_'));
      if (!belongs) break;
      name += take_rune();
    }
    return name;
  }

  std::string_view rest_;
  const ShellLexing& how_;
  bool keep_escapes_;
  const Lookup& lookup_;
  std::size_t most_text_;
  int depth_ = 0;
};

}  // namespace

ShellText shell_lex(std::string_view source, const ShellLexing& how, const Lookup& lookup) {
  return ShellLexer(source, how, lookup).run();
}

}  // namespace slipway::dockerfile
