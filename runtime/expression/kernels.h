/// Which kernel computes which expression. Each group of functions has its table, keyed by name and signature as they
/// stand in the function table of the language.
#pragma once

#include <span>
#include <string_view>

#include "runtime/expression/machine.h"
#include "topology/expression/functions.h"

namespace penstock::expression {

struct KernelEntry {
  std::string_view function;
  std::string_view signature;    ///< Signature::text.
  void (*choose)(Instruction&);  ///< Sets kernel, and prepared where there is something to prepare.
};

template <Instruction::Kernel K>
void use(Instruction& instruction) {
  instruction.kernel = K;
}

std::span<const KernelEntry> arithmetic_kernels();
std::span<const KernelEntry> float_kernels();
std::span<const KernelEntry> comparison_kernels();
std::span<const KernelEntry> text_kernels();
std::span<const KernelEntry> pattern_kernels();
std::span<const KernelEntry> format_kernels();
std::span<const KernelEntry> number_kernels();
std::span<const KernelEntry> time_kernels();
std::span<const KernelEntry> json_kernels();
std::span<const KernelEntry> hash_kernels();
std::span<const KernelEntry> list_kernels();

/// Entry for a signature; nullptr: there is none (a gap that a test would show).
const KernelEntry* find_kernel(std::string_view function, std::string_view signature);

void choose_cast(Instruction& instruction);
void choose_logic(Instruction& instruction);  ///< and, or, not, is null, is not null.
void choose_case(Instruction& instruction);
void choose_coalesce(Instruction& instruction);
void choose_in(Instruction& instruction);
void choose_list(Instruction& instruction);  ///< [a, b]

}  // namespace penstock::expression
