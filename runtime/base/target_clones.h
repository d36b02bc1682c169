/// Loops compiled for several generations of x86 and chosen when the program starts. A benchmark shows what it brings:
/// bench/micro/expression_bench.cc. Off where the compiler or a sanitizer does not get along with ifuncs.
#pragma once

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PENSTOCK_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(undefined_behavior_sanitizer)
#define PENSTOCK_SANITIZED 1
#endif
#endif

#if defined(__x86_64__) && defined(__linux__) && defined(__OPTIMIZE__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(PENSTOCK_SANITIZED)
#define PENSTOCK_TARGET_CLONES __attribute__((target_clones("default", "avx2", "arch=skylake-avx512")))
#else
#define PENSTOCK_TARGET_CLONES
#endif
