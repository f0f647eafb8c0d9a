#pragma once

#include <string>

/// The first line of a file. Throws std::runtime_error when it cannot be read.
std::string first_line(const std::string& path);
