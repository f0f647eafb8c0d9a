#pragma once

#include <linux/filter.h>

#include <cstddef>
#include <cstdint>

namespace slipway {

/// One instruction of a filter of system calls.
inline sock_filter bpf_statement(unsigned code, std::uint32_t value) {
  return BPF_STMT(static_cast<std::uint16_t>(code), value);
}

/// Compare the loaded value, and jump over so many instructions.
inline sock_filter bpf_jump(unsigned comparison, std::uint32_t value, std::size_t if_true,
                            std::size_t if_false) {
  return BPF_JUMP(static_cast<std::uint16_t>(BPF_JMP | comparison | BPF_K), value,
                  static_cast<std::uint8_t>(if_true), static_cast<std::uint8_t>(if_false));
}

}  // namespace slipway
