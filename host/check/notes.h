// SPDX-License-Identifier: MIT
//
// What a check has to say, on its way from the child that runs it to the process that reports it: a line of JSON
// each, written at once, so that a check that ends with its process has still said how far it came.
//
//     {"at": TEXT}                      what is being tried from now on
//     {"status": WORD, "text": TEXT}    a finding: pass (for a number worth knowing), skip, warn or fail
//     {"algorithms": [NAME...]}, {"made": N}, {"usage": TEXT}    answers that a few checks give besides
//     {"done": true}                    the check has come to its end
//
// Any thread of the child may write.
#pragma once

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

namespace check {

enum class Status { pass, skip, warn, fail };  // the later, the worse

const char* word_of(Status status) noexcept;

// What the child exits with: a plugin that calls exit() says something else.
inline constexpr int kExitStatus = 97;

class Notes {
public:
    explicit Notes(int to) : to_(to) {}

    template <class... Args>
    void at(fmt::format_string<Args...> format, Args&&... args) {
        say({{"at", fmt::format(format, std::forward<Args>(args)...)}});
    }
    template <class... Args>
    void fail(fmt::format_string<Args...> format, Args&&... args) {
        found(Status::fail, fmt::format(format, std::forward<Args>(args)...));
    }
    template <class... Args>
    void warn(fmt::format_string<Args...> format, Args&&... args) {
        found(Status::warn, fmt::format(format, std::forward<Args>(args)...));
    }
    template <class... Args>
    void skip(fmt::format_string<Args...> format, Args&&... args) {
        found(Status::skip, fmt::format(format, std::forward<Args>(args)...));
    }
    template <class... Args>
    void tell(fmt::format_string<Args...> format, Args&&... args) {
        found(Status::pass, fmt::format(format, std::forward<Args>(args)...));
    }
    void found(Status status, const std::string& text);
    void say(const nlohmann::json& line);

    int fd() const noexcept { return to_; }

private:
    const int to_;
};

}  // namespace check
