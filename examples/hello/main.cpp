#include <cstdlib>
#include <exception>
#include <iostream>

#include "greeting.hpp"

int main() {
  const char* path = std::getenv("GREETING_FILE");
  try {
    std::cout << first_line(path != nullptr ? path : "data/greeting.txt") << '\n';
  } catch (const std::exception& error) {
    std::cerr << "hello: " << error.what() << '\n';
    return 1;
  }
}
