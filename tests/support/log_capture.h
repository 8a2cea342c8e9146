// SPDX-License-Identifier: MIT
//
// What is logged while it lives, in place of stderr. One at a time.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "log/log.h"

namespace support {

class LogCapture final : public logging::Sink {
public:
    LogCapture() : before_(logging::set_sink(this)), level_(logging::level()) { logging::set_level(kAll); }
    ~LogCapture() override {
        logging::set_sink(before_);
        logging::set_level(level_);
    }
    LogCapture(const LogCapture&) = delete;
    LogCapture& operator=(const LogCapture&) = delete;

    void take(logging::Level, std::string_view line) noexcept override {
        const std::lock_guard lock(mutex_);
        text_ += line;
        changed_.notify_all();
    }
    std::chrono::steady_clock::time_point now() noexcept override {
        const std::lock_guard lock(mutex_);
        return stands_still_ ? *stands_still_ : std::chrono::steady_clock::now();
    }

    std::string text() const {
        const std::lock_guard lock(mutex_);
        return text_;
    }
    std::vector<std::string> lines() const {
        std::vector<std::string> lines;
        const std::string all = text();
        for (size_t begin = 0, end; (end = all.find('\n', begin)) != all.npos; begin = end + 1)
            lines.push_back(all.substr(begin, end - begin));
        return lines;
    }
    // Waits until there is something like it, some seconds at most; whether there is.
    bool comes(std::string_view part) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds(10), [&] { return text_.find(part) != std::string::npos; });
    }

    // From now on the limiter's clock stands still, but for what it is told to move.
    void advance(std::chrono::steady_clock::duration by) {
        const std::lock_guard lock(mutex_);
        stands_still_ = stands_still_.value_or(std::chrono::steady_clock::now()) + by;
    }

private:
    static constexpr logging::Level kAll = logging::Level::debug;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::string text_;
    std::optional<std::chrono::steady_clock::time_point> stands_still_;
    logging::Sink* const before_;
    const logging::Level level_;
};

}  // namespace support
