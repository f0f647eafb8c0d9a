#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace slipway::dockerfile {

/// What the arguments of an instruction are when read as a JSON list.
struct ExecForm {
  enum class Kind {
    shell,        ///< no valid JSON list: the text is meant as it stands
    not_strings,  ///< a valid list that holds something else than strings
    strings,
  };
  struct Element {
    std::string value = {};
    std::string_view written = {};  ///< within the text, quotes included
  };
  Kind kind = Kind::shell;
  std::vector<Element> elements = {};  ///< for Kind::strings
};

/// Read `text` as BuildKit does, by the rules of Go's encoding/json: a list and
/// nothing behind it; unpaired surrogates and invalid UTF-8 become U+FFFD.
ExecForm read_exec_form(std::string_view text);

}  // namespace slipway::dockerfile
