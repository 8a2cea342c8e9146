// SPDX-License-Identifier: MIT
#include "client/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <string>
#include <string_view>

namespace client {
namespace {

constexpr std::chrono::milliseconds kInterval(200);

void write_all_or_nothing(int fd, std::string_view text) {
    // A terminal that takes no text gets no progress.
    [[maybe_unused]] const ssize_t written = ::write(fd, text.data(), text.size());
}

}  // namespace

void Progress::show(uint64_t points_in, uint64_t points_out) {
    if (!wanted_) return;
    const Clock::time_point now = Clock::now();
    if (now < next_) return;
    next_ = now + kInterval;
    const double seconds = std::chrono::duration<double>(now - start_).count();
    write_all_or_nothing(fd_, fmt::format("\r\x1b[K{} points in, {} out, {:.0f}/s", points_in, points_out,
                                          static_cast<double>(points_in) / seconds));
    drawn_ = true;
}

void Progress::erase() {
    if (!drawn_) return;
    write_all_or_nothing(fd_, "\r\x1b[K");
    drawn_ = false;
}

std::optional<std::chrono::milliseconds> Progress::interval() const {
    if (!wanted_) return std::nullopt;
    return kInterval;
}

}  // namespace client
