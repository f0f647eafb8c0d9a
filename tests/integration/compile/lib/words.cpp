#include "words.hpp"

std::string words() { return "from inside"; }
