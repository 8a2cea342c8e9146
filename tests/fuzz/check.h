// SPDX-License-Identifier: MIT
//
// What the targets share: a check that stops the fuzzer, and bytes with nothing behind them.
#pragma once

#include <fuzzer/FuzzedDataProvider.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>

// A promise that did not hold: the fuzzer keeps the input.
#define FUZZ_CHECK(...)                                                                           \
    do {                                                                                          \
        if (!(__VA_ARGS__)) {                                                                     \
            std::fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #__VA_ARGS__); \
            std::abort();                                                                         \
        }                                                                                         \
    } while (false)

// Memory that is freed is kept from use for longer than an input takes, but not in the hundreds of
// megabytes that are usual: fresh memory is what an execution costs most.
extern "C" const char* __asan_default_options() { return "quarantine_size_mb=16"; }

namespace fuzz {

// A copy of its own, so that the address sanitizer sees every read beyond it.
class Exactly {
public:
    explicit Exactly(std::string_view bytes) : bytes_(new char[bytes.size()]), size_(bytes.size()) {
        if (size_) std::memcpy(bytes_.get(), bytes.data(), size_);
    }
    std::string_view view() const { return {bytes_.get(), size_}; }

private:
    std::unique_ptr<char[]> bytes_;
    size_t size_;
};

}  // namespace fuzz
