// SPDX-License-Identifier: MIT
//
// One line on a terminal that says how far a long run has come: from one second on, five times a
// second, gone at the end.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace client {

class Progress {
public:
    // Draws on descriptor `fd`; never where `wanted` is false.
    Progress(int fd, bool wanted) : fd_(fd), wanted_(wanted) {}
    ~Progress() { erase(); }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    // Draws if it is time to.
    void show(uint64_t points_in, uint64_t points_out);

    // Makes room for other text.
    void erase();

    // How long to wait at most before the next show(); none = it draws nothing.
    std::optional<std::chrono::milliseconds> interval() const;

private:
    using Clock = std::chrono::steady_clock;
    int fd_;
    bool wanted_, drawn_ = false;
    Clock::time_point start_ = Clock::now(), next_ = start_ + std::chrono::seconds(1);
};

}  // namespace client
