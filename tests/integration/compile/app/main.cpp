#include <iostream>

#include "greeting.hpp"
#include "words.hpp"

int main() {
  std::cout << greeting << ' ' << words();
#ifdef WITH_NAME
  std::cout << ", name included";
#endif
  std::cout << '\n';
}
